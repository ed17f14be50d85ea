//! What an exchange proves about a write. Pure.

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Provably not to the service: no address, no connection, no trust in its certificate.
    NotSent,
    /// Perhaps to the service; no answer, or not all of it.
    Sent,
    /// An answer came back whole.
    Answered,
}

/// What an answer's body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// JSON, whole.
    Json,
    /// A documented refusal.
    Problem,
    /// Nothing.
    Empty,
    /// Not what this service answers: HTML, half of a JSON text, another type.
    Foreign,
}

/// What a request did, as far as its exchange proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It took effect.
    Done,
    /// It provably took no effect, and would take none if it were sent again.
    Refused,
    /// It provably took no effect, and may be sent again.
    NotNow,
    /// Nobody knows.
    Unknown,
}

/// What an exchange proves about a write: only "provably not sent" and documented refusals count as such, everything in
/// between is unknown.
///
/// ```
/// use seatplan::provider::http::{Outcome, Reached, Shape, classify};
///
/// assert_eq!(classify(Reached::Answered, 200, Shape::Json), Outcome::Done);
/// assert_eq!(classify(Reached::Answered, 200, Shape::Foreign), Outcome::Unknown);
/// assert_eq!(classify(Reached::Sent, 0, Shape::Empty), Outcome::Unknown);
/// ```
pub fn classify(reached: Reached, status: u16, shape: Shape) -> Outcome {
    match (reached, status, shape) {
        (Reached::NotSent, _, _) => Outcome::NotNow,
        (Reached::Sent, _, _) => Outcome::Unknown,
        (Reached::Answered, 200 | 201, Shape::Json) => Outcome::Done,
        (Reached::Answered, 200 | 201 | 204, Shape::Empty) => Outcome::Done,
        // Too early and too many are said before anything is done, by whoever says them.
        (Reached::Answered, 425 | 429, _) => Outcome::NotNow,
        (Reached::Answered, 503, Shape::Problem) => Outcome::NotNow,
        // Refused before the request was looked into, by whoever says so.
        (Reached::Answered, 401 | 403 | 405 | 413 | 415 | 431, _) => Outcome::Refused,
        (Reached::Answered, 408, _) => Outcome::Unknown,
        (Reached::Answered, 400..=499, Shape::Problem) => Outcome::Refused,
        (Reached::Answered, _, _) => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_proof_counts() {
        use Outcome::*;
        use Reached::*;
        use Shape::*;
        // (reached, status, shape) -> outcome, with the fault that it stands for.
        let table = [
            (
                NotSent,
                0,
                Empty,
                NotNow,
                "no address, no connection, no certificate",
            ),
            (Sent, 0, Empty, Unknown, "reset or time-out after sending"),
            (Sent, 200, Foreign, Unknown, "answer cut off"),
            (Answered, 200, Json, Done, "confirmed"),
            (Answered, 201, Json, Done, "confirmed"),
            (Answered, 204, Empty, Done, "confirmed"),
            (Answered, 202, Json, Unknown, "accepted, not finished"),
            (
                Answered,
                200,
                Foreign,
                Unknown,
                "login page, half a JSON text",
            ),
            (
                Answered,
                200,
                Problem,
                Unknown,
                "a success that says it is none",
            ),
            (Answered, 302, Empty, Unknown, "redirect"),
            (Answered, 307, Foreign, Unknown, "redirect"),
            (Answered, 400, Problem, Refused, "documented"),
            (Answered, 400, Foreign, Unknown, "a gateway's word"),
            (Answered, 401, Foreign, Refused, "not let in"),
            (Answered, 403, Problem, Refused, "not permitted"),
            (Answered, 404, Problem, Refused, "documented"),
            (Answered, 404, Foreign, Unknown, "a gateway's word"),
            (Answered, 408, Problem, Unknown, "time-out at the server"),
            (Answered, 409, Problem, Refused, "conflict"),
            (
                Answered,
                409,
                Json,
                Unknown,
                "conflict without the documented body",
            ),
            (Answered, 412, Problem, Refused, "moved"),
            (Answered, 413, Foreign, Refused, "too large"),
            (Answered, 422, Problem, Refused, "a rule"),
            (Answered, 425, Foreign, NotNow, "too early"),
            (Answered, 429, Foreign, NotNow, "too many"),
            (Answered, 500, Problem, Unknown, "perhaps after the write"),
            (Answered, 502, Foreign, Unknown, "gateway lost the service"),
            (Answered, 503, Problem, NotNow, "the service itself is busy"),
            (Answered, 503, Foreign, Unknown, "a gateway's word"),
            (Answered, 504, Foreign, Unknown, "gateway time-out"),
        ];
        for (reached, status, shape, outcome, what) in table {
            assert_eq!(
                classify(reached, status, shape),
                outcome,
                "{status}: {what}"
            );
        }
    }
}
