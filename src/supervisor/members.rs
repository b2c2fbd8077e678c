//! Taking a plan that a command has stored since: new topics and users, brokers that join, brokers that left.

use std::sync::Arc;

use super::life::load;
use super::run::Supervisor;
use crate::model::ids::NodeName;
use crate::model::outcome::Summary;
use crate::observe::survey::MinIsr;
use crate::plan::endpoints::Endpoints;
use crate::plan::model::Plan;
use crate::wire::pool::Pool;

impl Supervisor {
    /// Takes the stored plan if it differs from the one that runs in topics, users and brokers only. `up` and
    /// `scale` store what is to come before they ask, so whatever was killed in between, the next request
    /// carries it out.
    pub(super) fn take_plan(&mut self) -> Result<(), Summary> {
        let stored = load(&self.dir).map_err(|error| Summary::words(error.to_string()))?;
        if stored == *self.plan {
            return Ok(());
        }
        let not_ours = |busy| Summary::OtherPlan { path: self.dir.plan(), busy };
        if !fits(&self.plan, &stored) {
            // Its ports and settings are not those of the nodes that run.
            return Err(not_ours(None));
        }
        let now = self.now();
        let before: Vec<NodeName> = self.plan.nodes.iter().map(|node| node.name).collect();
        if let Err(busy) = self.kernel.take_members(&stored, now) {
            return Err(not_ours(Some(busy)));
        }
        for gone in before.iter().filter(|name| stored.node(**name).is_none()) {
            self.clients.forget(*gone);
        }
        self.min_isr = Arc::new(MinIsr::of(&stored));
        self.kernel.set_topics(&stored);
        let endpoints = Endpoints::of(&stored);
        if endpoints != *self.endpoints {
            self.pool = Arc::new(Pool::new(&endpoints));
            self.memory = Arc::default();
            self.endpoints = Arc::new(endpoints);
        }
        self.plan = Arc::new(stored);
        Ok(())
    }
}

/// Whether the stored plan is the running one but for topics, users, and brokers that came or went.
fn fits(running: &Plan, stored: &Plan) -> bool {
    let aside = Plan {
        nodes: stored.nodes.clone(),
        topics: stored.topics.clone(),
        security: stored.security.clone(),
        withdrawn: stored.withdrawn.clone(),
        cert_lifetime_s: stored.cert_lifetime_s,
        next_broker_id: stored.next_broker_id,
        warnings: stored.warnings.clone(),
        ..running.clone()
    };
    let voters = |plan: &Plan| plan.nodes.iter().filter(|node| node.is_voter()).count();
    let same = |node: &crate::plan::model::NodePlan| stored.node(node.name).is_none_or(|other| other == node);
    let clients = |plan: &Plan| plan.security.as_ref().map(|security| security.clients);
    aside == *stored
        && clients(running) == clients(stored)
        && voters(running) == voters(stored)
        && running.nodes.iter().all(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture::{facts, spec};
    use crate::plan::{members, plan};
    use crate::spec::model::{Clients, Security, User};

    #[test]
    fn brokers_and_topics_may_differ_from_what_runs_and_nothing_else() {
        let planned = |servers, brokers| {
            let spec = spec(servers, brokers);
            plan(&spec, &facts(&spec)).unwrap()
        };
        let running = planned(3, 3);
        let more = members::extended(&running, &planned(3, 4));
        assert!(fits(&running, &more) && fits(&more, &running));
        assert!(fits(&more, &members::reduced(&more, NodeName::broker(1))));
        assert!(!fits(&running, &planned(5, 3)), "ZooKeeper servers do not come and go");
        let secured = |clients, users: &[&str]| {
            let users = users.iter().map(|user| ((*user).to_owned(), User::default())).collect();
            Plan { security: Some(Security { users, ..Security::of(clients) }), ..running.clone() }
        };
        let before = secured(Clients::Mtls, &["alice"]);
        assert!(fits(&before, &secured(Clients::Mtls, &["bob"])));
        assert!(!fits(&before, &secured(Clients::Tls, &["alice"])) && !fits(&running, &before));
        let mut moved = more;
        moved.nodes[3].ports.client += 1;
        assert!(!fits(&running, &moved), "a node that runs is not changed");
    }
}
