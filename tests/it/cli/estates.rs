//! Small estates that the tests share.

/// The settings of every estate here.
pub(super) const SETTINGS: &str = "seatplan: 1
name: acme
timezone: Europe/Paris
defaults: {unmanaged: remove}
guards: {removals: {max: 1}}
";

/// A company with two seats on a code hosting organisation.
pub(super) const CODE: (&str, &str) = (
    "accounts/code.yaml",
    "accounts:
  acme-code:
    product: github-organization
    settings: {plan: team}
    seats: {member: 2}
    teams:
      platform: {members: [ana, bob]}
",
);

/// Its people.
pub(super) const PEOPLE: (&str, &str) = (
    "people/all.yaml",
    "users:
  ana:
    logins: {github: ana-m}
    access: {acme-code: {role: admin}}
  bob:
    logins: {github: bob}
    access: {acme-code: {role: member}}
",
);

/// The files of the company.
pub(super) const ACME: [(&str, &str); 3] = [("seatplan.yaml", SETTINGS), CODE, PEOPLE];

/// The company after Cleo joined: one seat too few.
pub(super) const CLEO_TOO: (&str, &str) = (
    "people/all.yaml",
    "users:
  ana:
    logins: {github: ana-m}
    access: {acme-code: {role: admin}}
  bob:
    logins: {github: bob}
    access: {acme-code: {role: member}}
  cleo:
    logins: {github: cleo}
    access: {acme-code: {role: member}}
",
);

/// Cleo instead of Bob, so that the last seat is freed and taken.
pub(super) const CLEO_FOR_BOB: (&str, &str) = (
    "people/all.yaml",
    "users:
  ana:
    logins: {github: ana-m}
    access: {acme-code: {role: admin}}
  bob:
    logins: {github: bob}
    access: {acme-code: none}
  cleo:
    logins: {github: cleo}
    access: {acme-code: {role: member}}
",
);

/// Somebody whose access comes from a team, the team's parent, a bundle and an entry of their own.
pub(super) const GIVERS: [(&str, &str); 2] = [
    ("seatplan.yaml", SETTINGS),
    (
        "all.yaml",
        "accounts:
  acme-support:
    product: respond-io
    settings: {plan: advanced}
    access:
      team/staff: {role: agent}
  acme-code:
    product: github-organization
    settings: {plan: free}
users:
  ana@acme.example:
    logins: {github: ana-m}
    access:
      acme-support: {role: owner}
      acme-code: {role: admin}
  bob@acme.example:
    logins: {github: bob}
    teams: [support]
    bundles: [coder]
    access:
      acme-support: {options: {restrict_workflows: true}}
teams:
  staff: {leads: [ana@acme.example]}
  support:
    parent: staff
    access:
      acme-support: {options: {contact_visibility: team}}
bundles:
  coder:
    acme-code: {role: member}
",
    ),
];

/// Everything that can be said about an access at several places at once.
pub(super) const SUPPORT: [(&str, &str); 2] = [
    ("seatplan.yaml", SETTINGS),
    (
        "all.yaml",
        "accounts:
  acme-support:
    product: respond-io
    settings: {plan: advanced}
    access:
      ana@acme.example: {role: owner}
      team/desk: {role: agent, options: {contact_visibility: team}}
users:
  ana@acme.example: {}
  bob@acme.example:
    teams: [desk]
    bundles: [calm]
    access:
      acme-support: {options: {restrict_workflows: false}}
  mia@acme.example:
    teams: [desk]
    bundles: [lead]
  nia@acme.example:
    access:
      acme-support: {role: manager}
  eva@acme.example:
    teams: [desk]
    access: {acme-support: none}
  tom@acme.example:
    teams: [night]
    access:
      acme-support: {role: manager, until: 2027-03-31}
  leo@acme.example:
    teams: [desk]
    leaves: 2020-01-01
  zoe@acme.example: {}
teams:
  desk: {}
  night: {parent: desk}
bundles:
  lead:
    acme-support: {role: manager, options: {restrict_export: true}}
  calm:
    acme-support: {role: agent, options: {restrict_workflows: true}}
",
    ),
];

/// A product in which options limit, grants open and owners are asked.
pub(super) const CAPABILITIES: [(&str, &str); 2] = [
    ("seatplan.yaml", SETTINGS),
    (
        "all.yaml",
        "products:
  crm:
    title: CRM
    user: {identity: email, fold: case, roles: optional, rules: [X1]}
    settings:
      plan: {type: enum, values: [basic, beyond], default: basic, source: written, rules: [X1]}
    roles:
      clerk: {rank: 1, rules: [X1]}
      chief: {rank: 2, administers: true, rules: [X1]}
    matrix:
      roles: [clerk, chief]
      rows:
        deals: {may: [allow, allow], rules: [X1]}
        deals.delete: {may: [ask-owner, allow], rules: [X1]}
        reports: {may: [deny, deny], rules: [X1]}
    options:
      access: {type: enum, values: [full, limited], default: full, limits: [deals], rules: [X1]}
    grants:
      insights:
        default: [{value: access, when: account.settings.plan == 'beyond'}]
        opens: [reports]
        opens_when: account.settings.plan == 'beyond'
        rules: [X1]
accounts:
  acme-crm:
    product: crm
    unmanaged: report
    settings: {plan: beyond}
    access:
      ana@acme.example: {role: chief}
      bob@acme.example: {role: clerk, options: {access: limited}}
      cleo@acme.example: {role: clerk}
      dan@acme.example: {}
users:
  ana@acme.example: {}
  bob@acme.example: {}
  cleo@acme.example: {}
  dan@acme.example: {}
",
    ),
];
