//! The data drivers that `build` makes answer as production's own reader heard them answer.

use local_node_parity::drivers::{TEMPLATES, ask, put_fixture, recorded};
use local_node_vm::driver::Driver;

use crate::support::{Place, turn};

#[test]
fn drivers_answer_as_they_answer_productions_reader() {
    let _turn = turn();
    let records = recorded().unwrap();
    for template in TEMPLATES {
        let mut place = Place::new();
        place.dusk(&["new", template, "--template", template]).exits(0);
        place.enter(template);
        put_fixture(template, &place.at).unwrap();
        place.dusk(&["build"]).exits(0);
        let driver = format!("target/dusk/{template}/{template}.driver.wasm");
        let driver = std::fs::read(place.at.join(driver)).unwrap();
        let driver = Driver::load(&driver).unwrap();
        let mut asked = 0;
        for record in records.iter().filter(|record| record.contract == template) {
            asked += 1;
            assert_eq!(
                ask(&driver, &record.question).unwrap(),
                record.reply,
                "{template}: {:?}\nif the contract was changed: `parity record drivers`",
                record.question
            );
        }
        assert!(asked > 20, "{template} is asked {asked} questions");
    }
}
