//! What is in the frames: a client tells its dialect by its first one.

use carrot_wire::live::{Auth, Data, ServerFrame};
use carrot_wire::record::RecordError;
use carrot_wire::{Record, retrace};

use crate::ingest::carrot::foreign_id;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Dialect {
    #[default]
    Carrot,
    Retrace,
}

impl Dialect {
    pub(super) fn of(auth: &Auth) -> Dialect {
        if retrace::is_spoken(auth) {
            Dialect::Retrace
        } else {
            Dialect::Carrot
        }
    }

    pub(super) fn read(self, data: &Data<'_>, project: &str) -> Result<Record, RecordError> {
        let text = data.data.get();
        match self {
            Dialect::Carrot => Record::from_json(text),
            Dialect::Retrace => {
                retrace::read_frame(data.event, text, &|external| foreign_id(external, project))
            }
        }
    }

    pub(super) fn write(self, frame: &ServerFrame) -> String {
        match self {
            Dialect::Carrot => frame.write(),
            Dialect::Retrace => retrace::write_frame(frame),
        }
    }
}
