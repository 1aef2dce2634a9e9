//! The imports of a crate's files, read from their source: which file names a definition of which other file.
//!
//! Names are followed through re-exports to the file that defines them. Tests are left out. Names that a macro makes,
//! or that come by a glob of another crate, are not seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, ItemUse, UseTree};

/// How many re-exports are followed for one name: more than there are, so that a circle of re-exports comes to an end.
const MAX_STEPS: usize = 32;

/// The imports between the files of one crate.
pub(crate) struct Imports {
    /// From a file to a file, with the names that the first takes of the second.
    arrows: BTreeMap<(PathBuf, PathBuf), BTreeSet<String>>,
    /// The path of each file's module, from the root.
    modules: BTreeMap<PathBuf, Vec<String>>,
}

impl Imports {
    /// Reads a crate, given the file of its root.
    pub(crate) fn of(root: &Path) -> Self {
        let mut tree = Tree { modules: Vec::new() };
        tree.read_file(root, None, String::new());
        let mut arrows = BTreeMap::<_, BTreeSet<_>>::new();
        let mut modules = BTreeMap::new();
        for (id, module) in tree.modules.iter().enumerate() {
            // A module within a file comes after the module of the file.
            modules.entry(module.file.clone()).or_insert_with(|| tree.path_of(id));
            for path in module.uses.iter().map(|it| &it.path).chain(&module.paths) {
                let Some((file, name)) = tree.resolve(id, path, 0) else { continue };
                if file != module.file {
                    arrows.entry((module.file.clone(), file)).or_default().insert(name);
                }
            }
        }
        Self { arrows, modules }
    }

    /// From one of the modules right below a module to another, with the files and names. The module itself is none.
    pub(crate) fn between_modules(&self, below: &[&str]) -> BTreeMap<(String, String), Vec<String>> {
        let mut found = BTreeMap::<_, Vec<_>>::new();
        for ((from, to), names) in &self.arrows {
            let (Some(from_module), Some(to_module)) = (self.module_of(from, below), self.module_of(to, below)) else {
                continue;
            };
            if from_module != to_module {
                found.entry((from_module.to_owned(), to_module.to_owned())).or_default().push(told(from, to, names));
            }
        }
        found
    }

    /// The modules right below a module, given by its path.
    pub(crate) fn modules(&self, below: &[&str]) -> BTreeSet<&str> {
        self.modules.keys().filter_map(|file| self.module_of(file, below)).collect()
    }

    /// The module right below the given one that holds a file.
    fn module_of(&self, file: &Path, below: &[&str]) -> Option<&str> {
        let path = &self.modules[file];
        let is_below = path.len() > below.len() && path.iter().zip(below).all(|(name, given)| name == given);
        is_below.then(|| path[below.len()].as_str())
    }

    /// The files that import each other in a circle which leaves their folder, and what ties them.
    pub(crate) fn circles(&self) -> Vec<(BTreeSet<PathBuf>, Vec<String>)> {
        let mut next = BTreeMap::<&Path, BTreeSet<&Path>>::new();
        for (from, to) in self.arrows.keys() {
            next.entry(from).or_default().insert(to);
        }
        let reached: BTreeMap<&Path, BTreeSet<&Path>> =
            self.modules.keys().map(|file| (file.as_path(), reachable(file, &next))).collect();
        let mut circles = BTreeSet::new();
        for (file, from_here) in &reached {
            let circle: BTreeSet<PathBuf> =
                from_here.iter().filter(|other| reached[*other].contains(file)).map(|it| it.to_path_buf()).collect();
            let folders: BTreeSet<PathBuf> = circle.iter().map(|file| self.folder_of(file)).collect();
            if folders.len() > 1 {
                circles.insert(circle);
            }
        }
        let ties = |circle: &BTreeSet<PathBuf>| {
            let within = |file: &PathBuf| circle.contains(file);
            let arrows = self.arrows.iter().filter(|((from, to), _)| within(from) && within(to));
            arrows.map(|((from, to), names)| told(from, to, names)).collect()
        };
        circles.into_iter().map(|circle| (circle.clone(), ties(&circle))).collect()
    }

    /// The folder that a file belongs to: `a/b.rs` belongs to `a/b` where its module has others of these files there.
    fn folder_of(&self, file: &Path) -> PathBuf {
        let own = file.with_extension("");
        let has_files = self.modules.keys().any(|other| other.starts_with(&own));
        if has_files { own } else { file.parent().unwrap_or(file).to_owned() }
    }
}

/// The files that can be reached from a file by one import or more.
fn reachable<'a>(file: &'a Path, next: &BTreeMap<&'a Path, BTreeSet<&'a Path>>) -> BTreeSet<&'a Path> {
    let (mut found, mut open) = (BTreeSet::new(), vec![file]);
    while let Some(file) = open.pop() {
        for other in next.get(file).into_iter().flatten() {
            if found.insert(*other) {
                open.push(other);
            }
        }
    }
    found
}

fn told(from: &Path, to: &Path, names: &BTreeSet<String>) -> String {
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    format!("{} -> {}: {}", from.display(), to.display(), names.join(", "))
}

struct Tree {
    modules: Vec<Module>,
}

struct Module {
    file: PathBuf,
    name: String,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    items: BTreeSet<String>,
    uses: Vec<Use>,
    /// Other paths of two names or more in its code.
    paths: Vec<Vec<String>>,
}

struct Use {
    /// The name here; `None` for all names there.
    name: Option<String>,
    path: Vec<String>,
}

impl Tree {
    fn read_file(&mut self, file: &Path, parent: Option<usize>, name: String) -> usize {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        // The files of a module's children lie in the folder of its name; those of a root lie beside it.
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let folder = file.parent().expect("a file lies in a folder");
        let is_root = parent.is_none() || stem == "mod";
        let folder = if is_root { folder.to_owned() } else { folder.join(stem) };
        let id = self.add(file, parent, name);
        self.read_items(parsed.items, id, &folder);
        id
    }

    fn add(&mut self, file: &Path, parent: Option<usize>, name: String) -> usize {
        self.modules.push(Module {
            file: file.to_owned(),
            name,
            parent,
            children: BTreeMap::new(),
            items: BTreeSet::new(),
            uses: Vec::new(),
            paths: Vec::new(),
        });
        self.modules.len() - 1
    }

    fn read_items(&mut self, items: Vec<Item>, id: usize, folder: &Path) {
        for item in items {
            if attributes(&item).iter().any(is_of_tests) {
                continue;
            }
            match item {
                Item::Use(it) => self.read_use(&it, id),
                Item::Mod(it) => {
                    let name = it.ident.to_string();
                    let child = match it.content {
                        Some((_, items)) => {
                            let child = self.add(&self.modules[id].file.clone(), Some(id), name.clone());
                            self.read_items(items, child, &folder.join(&name));
                            child
                        }
                        None => {
                            let path = it.attrs.iter().find_map(given_path);
                            let beside = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
                            let mut places = path.map(|path| folder.join(path)).into_iter().chain(beside);
                            let file = places.find(|place| place.exists());
                            let file =
                                file.unwrap_or_else(|| panic!("no file of `mod {name}` in {}", folder.display()));
                            self.read_file(&file, Some(id), name.clone())
                        }
                    };
                    self.modules[id].children.insert(name, child);
                }
                other => {
                    self.modules[id].items.extend(defined(&other));
                    self.read_tokens(other.into_token_stream(), id);
                }
            }
        }
    }

    fn read_use(&mut self, it: &ItemUse, id: usize) {
        if it.leading_colon.is_none() {
            add_uses(&it.tree, &mut Vec::new(), &mut self.modules[id].uses);
        }
    }

    /// Notes the paths in code, and the imports within functions.
    fn read_tokens(&mut self, tokens: TokenStream, id: usize) {
        let mut tokens = tokens.into_iter().peekable();
        let mut path = Vec::new();
        let mut follows_colons = false;
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) if ident == "use" => {
                    let body = std::iter::once(ident.into()).chain(std::iter::from_fn(|| {
                        let is_end = |token: &TokenTree| matches!(token, TokenTree::Punct(it) if it.as_char() == ';');
                        tokens.next_if(|token| !is_end(token))
                    }));
                    let text = format!("{};", body.collect::<TokenStream>());
                    // A bound such as `use<'a>` is no import.
                    if let Ok(it) = syn::parse_str::<ItemUse>(&text) {
                        self.read_use(&it, id);
                    }
                }
                TokenTree::Ident(ident) if follows_colons || path.is_empty() => {
                    path.push(ident.to_string());
                    follows_colons = false;
                    let colons: Vec<_> = std::iter::from_fn(|| tokens.next_if(is_colon)).take(2).collect();
                    follows_colons |= colons.len() == 2;
                    if !follows_colons {
                        self.note_path(&mut path, id);
                    }
                }
                other => {
                    self.note_path(&mut path, id);
                    follows_colons = false;
                    match other {
                        TokenTree::Group(group) => self.read_tokens(group.stream(), id),
                        TokenTree::Ident(ident) => path.push(ident.to_string()),
                        TokenTree::Punct(_) | TokenTree::Literal(_) => {}
                    }
                }
            }
        }
        self.note_path(&mut path, id);
    }

    fn note_path(&mut self, path: &mut Vec<String>, id: usize) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.modules[id].paths.push(path);
        }
    }

    /// The names of the modules from the root to this one.
    fn path_of(&self, id: usize) -> Vec<String> {
        let module = &self.modules[id];
        let Some(parent) = module.parent else { return Vec::new() };
        let mut path = self.path_of(parent);
        path.push(module.name.clone());
        path
    }

    /// The file that defines what a path names, and the name.
    fn resolve(&self, id: usize, path: &[String], steps: usize) -> Option<(PathBuf, String)> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.resolve_in(0, rest, steps),
            "self" => self.resolve_in(id, rest, steps),
            "super" => self.resolve_super(self.modules[id].parent?, rest, steps),
            _ => self.resolve_in(id, path, steps),
        }
    }

    fn resolve_super(&self, id: usize, path: &[String], steps: usize) -> Option<(PathBuf, String)> {
        match path.split_first() {
            Some((first, rest)) if first == "super" => self.resolve_super(self.modules[id].parent?, rest, steps),
            _ => self.resolve_in(id, path, steps),
        }
    }

    fn resolve_in(&self, id: usize, path: &[String], steps: usize) -> Option<(PathBuf, String)> {
        let module = &self.modules[id];
        let Some((first, rest)) = path.split_first() else {
            return Some((module.file.clone(), format!("mod {}", module.name)));
        };
        if first == "*" {
            return Some((module.file.clone(), "*".to_owned()));
        }
        if let Some(child) = module.children.get(first) {
            return self.resolve_in(*child, rest, steps);
        }
        if module.items.contains(first) {
            return Some((module.file.clone(), first.clone()));
        }
        if steps >= MAX_STEPS {
            return None;
        }
        let named = module.uses.iter().filter(|it| it.name.as_deref() == Some(first)).map(|it| it.path.clone());
        let globs = module.uses.iter().filter(|it| it.name.is_none()).map(|it| {
            let (_, path) = it.path.split_last().expect("a glob ends with a star");
            path.iter().chain([first]).cloned().collect()
        });
        named.chain(globs).find_map(|through: Vec<String>| {
            // A name of another crate leads nowhere; without this, `use hex::…` would look for itself.
            let leads_back = through.first() == Some(first);
            let through: Vec<_> = through.iter().chain(rest).cloned().collect();
            if leads_back { None } else { self.resolve(id, &through, steps + 1) }
        })
    }
}

fn add_uses(tree: &UseTree, path: &mut Vec<String>, found: &mut Vec<Use>) {
    let depth = path.len();
    match tree {
        UseTree::Path(it) => {
            path.push(it.ident.to_string());
            add_uses(&it.tree, path, found);
        }
        UseTree::Group(it) => it.items.iter().for_each(|tree| add_uses(tree, path, found)),
        UseTree::Glob(_) => {
            path.push("*".to_owned());
            found.push(Use { name: None, path: path.clone() });
        }
        UseTree::Name(it) if it.ident == "self" => {
            found.push(Use { name: path.last().cloned(), path: path.clone() });
        }
        UseTree::Name(it) => {
            path.push(it.ident.to_string());
            found.push(Use { name: path.last().cloned(), path: path.clone() });
        }
        UseTree::Rename(it) => {
            if it.ident != "self" {
                path.push(it.ident.to_string());
            }
            found.push(Use { name: Some(it.rename.to_string()), path: path.clone() });
        }
    }
    path.truncate(depth);
}

fn is_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(it) if it.as_char() == ':')
}

/// Whether an item is there in tests only.
fn is_of_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") && attribute.meta.to_token_stream().to_string().replace(' ', "") == "cfg(test)"
}

/// The file that `#[path = "…"]` gives.
fn given_path(attribute: &Attribute) -> Option<String> {
    let syn::Meta::NameValue(it) = &attribute.meta else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &it.value else { return None };
    it.path.is_ident("path").then(|| text.value())
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Union(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

/// The name that an item defines.
fn defined(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(it) => it.ident.to_string(),
        Item::Enum(it) => it.ident.to_string(),
        Item::Fn(it) => it.sig.ident.to_string(),
        Item::Macro(it) => it.ident.as_ref()?.to_string(),
        Item::Static(it) => it.ident.to_string(),
        Item::Struct(it) => it.ident.to_string(),
        Item::Trait(it) => it.ident.to_string(),
        Item::Type(it) => it.ident.to_string(),
        Item::Union(it) => it.ident.to_string(),
        _ => return None,
    })
}
