use std::collections::HashMap;

use serde_json::Value;

use super::reply::Reply;
use super::request::{self, Request};
use super::route::Route;
use super::when::When;

/// The rules, and what has happened under them.
#[derive(Debug, Default)]
pub(super) struct Script {
    rules: Vec<Rule>,
    is_strict: bool,
    attempts: HashMap<(String, String), u32>,
    requests: Vec<Request>,
    problems: Vec<String>,
}

#[derive(Debug)]
struct Rule {
    when: When,
    reply: Reply,
    uses: u32,
}

impl Script {
    pub(super) fn add(&mut self, when: When, reply: Reply) {
        self.rules.push(Rule {
            when,
            reply,
            uses: 0,
        });
    }

    pub(super) fn be_strict(&mut self) {
        self.is_strict = true;
    }

    /// Takes a request and gives the answer to it. The number counts requests from 1.
    pub(super) fn ask(
        &mut self,
        method: &str,
        path: String,
        headers: Vec<(String, String)>,
        text: String,
    ) -> (Request, Reply, usize) {
        let without_query = path.split_once('?').map_or(&*path, |(path, _)| path);
        let route = Route::find(method, without_query);
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        let attempt = self
            .attempts
            .entry((path.clone(), text.clone()))
            .or_default();
        *attempt += 1;
        let request = Request {
            route,
            method: method.to_owned(),
            path,
            headers,
            last_message: request::last_message(route, &body),
            attempt: *attempt,
            text,
            body,
        };
        let reply = self.reply(&request);
        self.requests.push(request.clone());
        (request, reply, self.requests.len())
    }

    fn reply(&mut self, request: &Request) -> Reply {
        let is_known = request.route != Route::Other;
        if is_known && !request.body.is_object() {
            return Reply::error(400, "We could not parse the JSON body of your request.");
        }
        if let Some(rule) = self.rules.iter_mut().find(|rule| rule.when.fits(request)) {
            rule.uses += 1;
            return rule.reply.clone();
        }
        if !is_known {
            let Request { method, path, .. } = request;
            return Reply::error(404, format!("Unknown request URL: {method} {path}."));
        }
        if self.is_strict {
            self.problem(format!(
                "no rule fits {} {:?}",
                request.path, request.last_message
            ));
            return Reply::error(400, "no rule of the script fits this request");
        }
        Reply::text(format!("You said: {}", request.last_message))
    }

    pub(super) fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// Something that the server's owner must hear of.
    pub(super) fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// All problems, and, if the script is strict, the rules that were never used.
    pub(super) fn take_problems(&mut self) -> Vec<String> {
        let mut problems = std::mem::take(&mut self.problems);
        if self.is_strict {
            let unused = self.rules.iter().filter(|rule| rule.uses == 0);
            problems
                .extend(unused.map(|rule| format!("this rule was never used: {:?}", rule.when)));
        }
        problems
    }
}
