//! The phrases to avoid, and what to write instead.

/// Where an entry is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum In {
    /// Everywhere, in any case; identifiers are split into words.
    Text,
    /// In lines of Rust and TypeScript as they are written, case-sensitively.
    Code,
}

/// A phrase, as a regular expression.
pub(super) struct Entry {
    pub(super) place: In,
    pub(super) pattern: &'static str,
    /// What to write instead.
    pub(super) instead: &'static str,
    /// A match that this matches too is ordinary English; empty: none is.
    pub(super) unless: &'static str,
}

const fn text(pattern: &'static str, instead: &'static str) -> Entry {
    text_unless(pattern, instead, "")
}

const fn text_unless(pattern: &'static str, instead: &'static str, unless: &'static str) -> Entry {
    Entry {
        place: In::Text,
        pattern,
        instead,
        unless,
    }
}

const fn code(pattern: &'static str, instead: &'static str) -> Entry {
    Entry {
        place: In::Code,
        pattern,
        instead,
        unless: "",
    }
}

pub(super) const ENTRIES: &[Entry] = &[
    // Images for the architecture.
    text_unless(
        r"(\w+[ -])?house",
        "architecture, project",
        "^(in|open|publishing|white|clearing)[ -]house$",
    ),
    text(
        r"rooms|(a|another|one|each|every|which|the|its|whose) room (may|must|is|that)|room's",
        "crate, package",
    ),
    text(r"bird'?s[- ]eye( view)?", "overview"),
    text(r"front[- ]door", "entry point"),
    text(r"seams?", "trait, interface, boundary"),
    text_unless(
        r"(door[- ]?)?bells?( \w+)?",
        "trigger, notification",
        "^bell (curve|labs)",
    ),
    // A court.
    text(
        r"judg(e|es|ed|ing|e?ments?)",
        "oracle, reference implementation (tests); classify, check (code)",
    ),
    text(r"verdicts?", "status, classification, result"),
    // Odd negations.
    text_unless(
        r"(\w+ )?(is|are|was|were) no \w+",
        "is not a …; unknown …",
        r"^(there|here) |no (longer|more|less|fewer|earlier|later|better|worse|larger|smaller|wider|different|one)$",
    ),
    text(r"(that|which|it|what|who) (is|are) none", "is not one"),
    text(r"means nobody", "is a placeholder id and is not accepted"),
    text(r"nobody", "none, no process, no user"),
    text(r"somebody", "the caller, another process, a user"),
    text(r"who(m|so)?ever", "the caller, any process"),
    text(r"for who", "for users who"),
    // Old-fashioned words.
    text(r"anew", "again"),
    text(r"once more", "again"),
    text(r"mend(s|ed|ing)?", "fix, repair"),
    text(r"by and by", "eventually"),
    text_unless(r"(\w+ )?in words", "as text", "^other in words"),
    text(r"in vain", "without an ack, without effect"),
    text(r"kin", "similar"),
    text(r"save (with|where|that|when)", "except"),
    text_unless(
        r"(\w+ )?be it",
        "even if it is",
        "^(may|might|can|could|will|would|should|must|to|not) be it",
    ),
    text(r"(can(not)?|could( not)?|to) be had", "is (not) available"),
    text(r"(is|are|was|were) away", "is unavailable, is unreachable"),
    text(
        r"(within|over|after|lets|for) so (many|much|long)",
        "the number itself, this many",
    ),
    text(
        r"lest|whence|thence|hither|thither|whereupon|thereupon|thereof|therein|naught|nought|aught|whilst|albeit|forthwith",
        "the plain word",
    ),
    // Riddles.
    text(r"(became|becomes?|become) of", "the outcome, the status of"),
    text(
        r"(say|says|said) so",
        "returns true, reports it, is documented",
    ),
    text(r"ended badly|ends badly", "failed"),
    text(
        r"(broke|breaks|broken) off",
        "is incomplete, was interrupted",
    ),
    text(r"looked for", "searched, looked up"),
    text(
        r#"(is|are|was|were) over([.,;:!?)"'`]| and| once)"#,
        "has finished",
    ),
    text(r"whose word", "the authority of the request"),
    text(
        r"(the|a|ordinary|one|only) way in",
        "the source, the ingest path",
    ),
    text(r"of ours", "our, the product's"),
    text(
        r"(is|are|be|was|were) said( of| in)?|(told|tell) apart|told from",
        "is reported, is documented; distinguish",
    ),
    text(r"left alone", "unchanged, or nothing"),
    text(r"read once more", "nothing"),
    text(r"honest limits", "known limitations"),
    text(
        r"(running|run) (it|the command) again is always|is always right",
        "re-running is safe (idempotent)",
    ),
    text(
        r"another content (is|was) stored",
        "a different event was already stored with …; the first one is kept",
    ),
    text(r"only a server may", "only a secret key may"),
    // Names that say nothing.
    code(
        r"\b(struct|enum|union|trait|type|class|interface) (Taken|Known|Held|Kept|Given|Seen|Told|Books|Wake|Bell|Seam|Work|Judge|Verdict|House|Room)\b",
        "a name that says of what: PolledDeliveries, StoredItem, QueueCounters, SealTrigger, UpdateCtx",
    ),
    code(
        r"\bno: [iu](8|16|32|64|128|size)\b|\w\.no\b|\b[a-z]+_no\b",
        "number",
    ),
];
