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
