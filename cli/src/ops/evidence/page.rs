//! The document as an HTML page: one file that prints well, without scripts and without resources from elsewhere.

use std::fmt::Write as _;

use anyhow::Result;

use super::document::{Circuit, Contract, Evidence, Named, Standing, Test, Threat};
use crate::figures::{count, grouped};

const STYLE: &str = "
:root { --ink: #1a1c20; --faint: #5c6470; --line: #d5d9df; --good: #0a6b3d; --bad: #a3161f; --warn: #8a5a00; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 62rem; margin: 2.5rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; padding-bottom: .25rem; border-bottom: 2px solid var(--ink); }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
p { margin: .3rem 0 .7rem; max-width: 46rem; }
table { width: 100%; border-collapse: collapse; margin: .4rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--faint); font-size: .85rem; }
td:last-child, th:last-child { padding-right: 0; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
code { font: .85em/1.45 ui-monospace, 'DejaVu Sans Mono', monospace; overflow-wrap: anywhere; }
.hash { color: var(--faint); }
.good { color: var(--good); font-weight: 600; white-space: nowrap; }
.bad { color: var(--bad); font-weight: 600; white-space: nowrap; }
.warn { color: var(--warn); font-weight: 600; white-space: nowrap; }
.faint { color: var(--faint); }
.observers th:first-child { width: 30%; }
.verdict { border: 1px solid var(--line); border-left: .4rem solid var(--good); padding: .7rem 1rem; margin: 1rem 0; }
.verdict.no { border-left-color: var(--bad); }
.verdict ul { margin: .4rem 0 0; padding-left: 1.2rem; }
@media print {
  @page { margin: 16mm 14mm; }
  body { font-size: 9.5pt; margin: 0; padding: 0; max-width: none; }
  h2 { break-after: avoid; } h3 { break-after: avoid; }
  tr { break-inside: avoid; } thead { display: table-header-group; }
  .verdict { break-inside: avoid; }
}
";

/// The page.
pub(crate) fn page(evidence: &Evidence) -> Result<String> {
    let names: Vec<&str> = evidence.contracts.iter().map(|contract| contract.name.as_str()).collect();
    let title = format!("Evidence: {}", names.join(", "));
    let mut out = String::new();
    let digest = evidence.digest()?;
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{0}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{0}</h1>\n\
         <p class=\"faint\">Digest <code>{digest}</code>. The JSON file beside this page holds the same; \
         <code>cargo dusk evidence --verify FILE</code> makes it again from the sources and tells every difference.</p>\n",
        text(&title)
    )?;
    verdict(&mut out, evidence)?;
    threats(&mut out, &evidence.threats)?;
    for contract in &evidence.contracts {
        calls(&mut out, contract, &evidence.circuits)?;
    }
    circuits(&mut out, &evidence.circuits)?;
    observers(&mut out, &evidence.tests)?;
    builds(&mut out, evidence)?;
    tests(&mut out, &evidence.tests)?;
    sources(&mut out, evidence)?;
    out.push_str("</body>\n</html>\n");
    Ok(out)
}

fn verdict(out: &mut String, evidence: &Evidence) -> Result<()> {
    let (class, words) = if evidence.sound {
        (
            "verdict",
            "All tests pass, every listed threat has a test that passes, and the audit of every circuit is clean.",
        )
    } else {
        ("verdict no", "The evidence shows faults of this project:")
    };
    write!(out, "<div class=\"{class}\"><strong>{words}</strong>")?;
    if !evidence.remarks.is_empty() {
        out.push_str("<ul>");
        for remark in &evidence.remarks {
            write!(out, "<li>{}</li>", text(remark))?;
        }
        out.push_str("</ul>");
    }
    out.push_str("</div>\n");
    Ok(())
}

fn threats(out: &mut String, threats: &[Threat]) -> Result<()> {
    if threats.is_empty() {
        return Ok(());
    }
    out.push_str(
        "<h2>Threats</h2>\n<p>The table of threats in the project's README, with the results of its tests.</p>\n",
    );
    out.push_str(
        "<table><thead><tr><th>threat</th><th>defence</th><th>tests</th><th>result</th></tr></thead><tbody>\n",
    );
    for threat in threats {
        let tests = threat.tests.iter().map(|it| {
            let note = if it.status == "passed" { String::new() } else { format!(" ({})", text(&it.status)) };
            format!("<code>{}</code>{note}", text(&it.name))
        });
        let (class, word) = match threat.standing {
            Standing::Averted => ("good", "averted"),
            Standing::Open => ("bad", "open"),
            Standing::Untested => ("bad", "untested"),
        };
        writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"{class}\">{word}</td></tr>",
            text(&threat.threat),
            text(&threat.defence),
            tests.collect::<Vec<_>>().join("<br>")
        )?;
    }
    out.push_str("</tbody></table>\n");
    Ok(())
}

fn calls(out: &mut String, contract: &Contract, circuits: &[Circuit]) -> Result<()> {
    writeln!(out, "<h2>Public data of the calls of {}</h2>", text(&contract.name))?;
    out.push_str(
        "<p>Everybody sees the function, its arguments, its result or error, the sender, the gas, the events, and the \
         contract's whole state. Of a proof everybody sees its public inputs; its private inputs stay with the prover.</p>\n\
         <table><thead><tr><th>call</th><th>public arguments</th><th>result</th><th>hidden by a proof</th></tr></thead><tbody>\n",
    );
    for call in &contract.calls {
        let known = circuits.iter().filter(|circuit| call.proofs_of.contains(&circuit.name));
        let hidden = known.map(|circuit| {
            let private: Vec<&str> = circuit.private.iter().map(|input| input.name.as_str()).collect();
            format!("<code>{}</code>: {}", text(&circuit.name), text(&private.join(", ")))
        });
        let hidden = hidden.collect::<Vec<_>>().join("<br>");
        writeln!(
            out,
            "<tr><td><code>{}</code><br><span class=\"faint\">{}</span></td><td>{}</td><td><code>{}</code></td><td>{}</td></tr>",
            text(&call.name),
            text(&call.doc),
            listed(&call.arguments),
            text(&call.result),
            if hidden.is_empty() { "<span class=\"faint\">nothing</span>" } else { &hidden }
        )?;
    }
    out.push_str("</tbody></table>\n");
    if contract.events.is_empty() {
        return Ok(());
    }
    out.push_str("<table><thead><tr><th>event</th><th>public fields</th></tr></thead><tbody>\n");
    for event in &contract.events {
        writeln!(out, "<tr><td><code>{}</code></td><td>{}</td></tr>", text(&event.name), listed(&event.fields))?;
    }
    out.push_str("</tbody></table>\n");
    Ok(())
}

/// Names with their types.
fn listed(fields: &[Named]) -> String {
    if fields.is_empty() {
        return "<span class=\"faint\">none</span>".to_owned();
    }
    let field = |field: &Named| match field.name.as_str() {
        "" => format!("<code>{}</code>", text(&field.ty)),
        name => format!("<code>{}: {}</code>", text(name), text(&field.ty)),
    };
    fields.iter().map(field).collect::<Vec<_>>().join("<br>")
}

fn circuits(out: &mut String, circuits: &[Circuit]) -> Result<()> {
    if circuits.is_empty() {
        return Ok(());
    }
    out.push_str(
        "<h2>Circuits</h2>\n<p>The audit looks for values that a prover could choose. It has no witness.</p>\n",
    );
    for circuit in circuits {
        writeln!(
            out,
            "<h3><code>{}</code> <span class=\"faint\">in {}, {} gates</span></h3>\n<p>{}</p>",
            text(&circuit.name),
            text(&circuit.package),
            grouped(circuit.gates as u64),
            text(&circuit.doc).replace('\n', "<br>")
        )?;
        let audit = &circuit.audit;
        let (class, word) = if audit.clean { ("good", "clean") } else { ("bad", "not clean") };
        let findings: String = audit.findings.iter().map(|it| format!("<br>{}", text(it))).collect();
        writeln!(
            out,
            "<table><tbody><tr><th>public inputs</th><td>{}</td></tr><tr><th>private inputs</th><td>{}</td></tr>\
             <tr><th>audit</th><td><span class=\"{class}\">{word}</span>: {} determined, {}{findings}</td></tr>\
             <tr><th>digest</th><td><code class=\"hash\">{}</code></td></tr></tbody></table>",
            listed(&circuit.public),
            listed(&circuit.private),
            count(audit.determined, "wire"),
            count(audit.choices, "harmless choice"),
            text(&circuit.digest)
        )?;
    }
    Ok(())
}

fn observers(out: &mut String, tests: &[Test]) -> Result<()> {
    let observers: Vec<_> = tests.iter().filter_map(|test| Some((test, test.observer.as_ref()?))).collect();
    if observers.is_empty() {
        return Ok(());
    }
    out.push_str(
        "<h2>Observer tests</h2>\n<p>Each ran with two sets of private values and two of random values. What the chain \
         shows was compared: arguments, events, results, gas, pages of the state, lengths.</p>\n\
         <table class=\"observers\"><thead><tr><th>test</th><th>compared</th><th>declared</th><th>result</th></tr></thead><tbody>\n",
    );
    for (test, compared) in observers {
        let number = |number: u32, what: &str| count(number as usize, what);
        let seen = [
            number(compared.private_values, "private value"),
            number(compared.calls, "transaction"),
            number(compared.events, "event"),
            number(compared.pages, "changed page"),
        ];
        let declared: Vec<String> = compared.declared.iter().map(|it| format!("<code>{}</code>", text(it))).collect();
        let findings: String =
            compared.findings.iter().map(|it| format!("<br>{}: {}", text(&it.place), text(&it.text))).collect();
        writeln!(
            out,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}{findings}</td></tr>",
            text(&test.name),
            seen.join("<br>"),
            declared.join("<br>"),
            status(&test.status)
        )?;
    }
    out.push_str("</tbody></table>\n");
    Ok(())
}

fn builds(out: &mut String, evidence: &Evidence) -> Result<()> {
    out.push_str("<h2>Builds</h2>\n<table><thead><tr><th>what</th><th>BLAKE3 or version</th></tr></thead><tbody>\n");
    let mut row = |what: &str, value: &str| {
        writeln!(out, "<tr><td>{}</td><td><code class=\"hash\">{}</code></td></tr>", text(what), text(value))
    };
    for contract in &evidence.contracts {
        row(&format!("{}.wasm, {} bytes", contract.name, grouped(contract.bytes as u64)), &contract.wasm)?;
        row(&format!("{}.driver.wasm", contract.name), &contract.driver)?;
        row(&format!("{}, abi.json", contract.name), &contract.interface)?;
        for key in &contract.circuits {
            let what = format!("{}: verifier key of {}, for the circuit", contract.name, key.name);
            row(&what, &format!("{} under parameters {}", key.digest, key.parameters))?;
        }
    }
    for parameters in &evidence.parameters {
        let what = if parameters.development { "parameters (development)" } else { "parameters" };
        row(what, &parameters.name)?;
    }
    let tools = &evidence.tools;
    row("cargo dusk", &tools.cargo_dusk)?;
    row(&format!("SDK {}", tools.sdk), &tools.sdk_sources)?;
    row("compiler", &tools.rustc)?;
    row("optimiser", &tools.optimiser)?;
    row("proofs in tests", &tools.proofs)?;
    out.push_str("</tbody></table>\n");
    Ok(())
}

fn tests(out: &mut String, tests: &[Test]) -> Result<()> {
    out.push_str("<h2>Tests</h2>\n<table><thead><tr><th>test</th><th>proofs</th><th>result</th></tr></thead><tbody>\n");
    for test in tests {
        let kinds = [(test.mock_proofs, "mock"), (test.real_proofs, "real")];
        let proofs = kinds.iter().filter(|(number, _)| *number > 0).map(|(number, kind)| format!("{number} {kind}"));
        writeln!(
            out,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
            text(&test.name),
            proofs.collect::<Vec<_>>().join(", "),
            status(&test.status)
        )?;
    }
    out.push_str("</tbody></table>\n");
    Ok(())
}

fn status(status: &str) -> String {
    let class = match status {
        "passed" => "good",
        "ignored" => "warn",
        _ => "bad",
    };
    format!("<span class=\"{class}\">{}</span>", text(status))
}

fn sources(out: &mut String, evidence: &Evidence) -> Result<()> {
    out.push_str(
        "<h2>Sources</h2>\n<table><thead><tr><th>file</th><th class=\"number\">bytes</th><th>BLAKE3</th></tr></thead><tbody>\n",
    );
    for source in &evidence.sources {
        writeln!(
            out,
            "<tr><td><code>{}</code></td><td class=\"number\">{}</td><td><code class=\"hash\">{}</code></td></tr>",
            text(&source.name),
            grouped(source.bytes),
            text(&source.blake3)
        )?;
    }
    out.push_str("</tbody></table>\n");
    Ok(())
}

/// Text without markup. Text in backticks in a README stays so.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::document::tests::sample;
    use super::*;

    #[test]
    fn texts_of_a_project_are_no_markup() {
        let mut evidence = sample();
        evidence.remarks = vec!["<script>alert('x')</script>".to_owned()];
        evidence.sources[0].name = "src/\"><img src=x>.rs".to_owned();
        let page = page(&evidence).unwrap();
        assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"), "{page}");
    }

    #[test]
    fn the_page_names_what_the_document_holds() {
        let evidence = sample();
        let page = page(&evidence).unwrap();
        for part in ["Evidence: vault", &evidence.digest().unwrap(), "src/lib.rs", "rustc 1.95.0", "proofs in tests"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert_eq!(page.matches("<table").count(), page.matches("</table>").count());
    }
}
