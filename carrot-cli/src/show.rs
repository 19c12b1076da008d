//! `carrot show`

use std::io::Write;

use anyhow::bail;
use carrot_wire::draw::{Style, draw};
use carrot_wire::tree::Forest;

use crate::source::Source;
use crate::{args, trace};

pub(crate) fn run(args: &args::Show) -> anyhow::Result<()> {
    let source = Source::find(&args.from)?;
    let project = &args.from.project.name;
    let id = match &args.id {
        Some(id) => id.clone(),
        None => match trace::rows(&source.list(project, "limit=1")?)?.first() {
            Some(row) => row.id.to_string(),
            None => bail!(
                "there is no trace yet in project {project} of {}",
                source.name()
            ),
        },
    };
    let Some(text) = source.get(project, &id)? else {
        bail!(
            "there is no trace {id} in project {project} of {}: `carrot ls` lists what there is",
            source.name()
        );
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{text}")?;
        return Ok(());
    }
    let (records, note) = trace::records(&text)?;
    let id = records.first().and_then(|root| root.id);
    let style = Style {
        color: args.color.is_on(),
        ..Style::default()
    };
    write!(out, "{}", draw(&Forest::new(records), style))?;
    if let Some(note) = note {
        writeln!(out, "({note})")?;
    }
    if let Some(id) = id {
        writeln!(out, "\n{id}")?;
    }
    Ok(())
}
