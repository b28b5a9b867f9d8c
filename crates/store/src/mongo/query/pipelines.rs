//! The stages.

use empmix_query::{
    report::{EventSelector, Insights, Measure, PropertyRef, Series},
    segment::{Segment, Shown},
    value::Scalar,
};
use mongodb::bson::{Bson, Document, bson, doc};

use super::{
    Question, buckets,
    conditions::passes,
    values::{Taken, user},
};
use crate::mongo::documents::{project_id, time};

/// Cells that fit in the one document that `$facet` makes.
const FACET_CELLS: usize = 50_000;

/// Makes the pipelines of a report.
pub(super) struct Pipelines<'a> {
    question: &'a Question<'a>,
    report: &'a Insights,
    user: Bson,
}

impl<'a> Pipelines<'a> {
    pub(super) fn new(question: &'a Question<'a>) -> Self {
        Self {
            question,
            report: question.report,
            user: user(&question.unstamped),
        }
    }

    /// The candidates of the breakdown, each with the first series' range total: `{_id, n, k, x}`.
    pub(super) fn candidates(&self) -> Vec<Document> {
        let all: Vec<_> = self.report.series.iter().collect();
        let mut taken = Taken::default();
        let first = &self.report.series[0];
        let is_of_first = self.accepts(first, &mut taken);
        let any: Vec<_> = all
            .iter()
            .map(|series| self.accepts(series, &mut taken))
            .collect();
        let segments = self.segments(&mut taken);
        let shared = self.shared_filter(&mut taken);
        let number = measured(&first.measure).map(|property| taken.field(property));
        let mut row = doc! {"_id": 0, "g": segments, "a": is_of_first.clone()};
        if let Some(number) = number {
            row.insert("x", as_double(&number));
        }
        if first.measure == Measure::Unique {
            row.insert("u", doc! {"$cond": [is_of_first, "$u", null]});
        }
        let mut fields = taken.fields(&self.user);
        fields.extend(doc! {"_id": 0, "e": 1});
        if first.measure == Measure::Unique {
            fields.insert("u", taken_user(&self.user));
        }
        let mut stages = vec![
            doc! {"$match": self.prefix(&all)},
            doc! {"$project": fields},
            doc! {"$match": {"$expr": {"$and": [shared, {"$or": any}]}}},
        ];
        stages.push(doc! {"$project": row});
        stages.push(unwound());
        stages.extend(match first.measure {
            Measure::Unique => vec![
                doc! {"$group": {"_id": {"g": {"$ifNull": ["$g", null]}, "u": "$u"}}},
                doc! {"$group": {
                    "_id": "$_id.g",
                    "n": {"$sum": {"$cond": [{"$gt": ["$_id.u", null]}, 1_i64, 0_i64]}},
                }},
            ],
            _ => vec![doc! {"$group": {
                "_id": {"$ifNull": ["$g", null]},
                "n": {"$sum": {"$cond": ["$a", 1_i64, 0_i64]}},
                "k": {"$sum": {"$cond": [{"$and": ["$a", {"$isNumber": "$x"}]}, 1_i64, 0_i64]}},
                "x": {"$sum": {"$cond": ["$a", "$x", null]}},
            }}],
        });
        stages
    }

    /// The pipelines whose rows together are a series: one as a rule, two where users are counted
    /// over more cells than one document holds.
    pub(super) fn measure(&self, at: usize, shown: Option<&Shown>) -> Vec<Vec<Document>> {
        let series = &self.report.series[at];
        let rows = self.series_rows(series, shown);
        if series.measure != Measure::Unique {
            let numbers = doc! {"$sum": {"$cond": [{"$isNumber": "$x"}, 1_i64, 0_i64]}};
            let grouped = doc! {"$group": {
                "_id": {"g": "$g", "b": "$b"},
                "n": {"$sum": 1_i64},
                "k": numbers,
                "x": {"$sum": "$x"},
            }};
            return vec![[rows, vec![grouped, flat()]].concat()];
        }
        // Each user once per bucket, then once in the range.
        let once = doc! {"$group": {
            "_id": {"g": "$g", "b": "$b", "u": "$u"},
            "r": {"$sum": 1_i64},
        }};
        let points = vec![
            doc! {"$group": {
                "_id": {"g": "$_id.g", "b": "$_id.b"},
                "n": {"$sum": 1_i64},
                "r": {"$sum": "$r"},
            }},
            flat(),
        ];
        let total = vec![
            doc! {"$group": {"_id": {"g": "$_id.g", "u": "$_id.u"}}},
            doc! {"$group": {"_id": {"g": "$_id.g"}, "n": {"$sum": 1_i64}}},
            flat(),
        ];
        let segments = shown.map_or(1, |shown| shown.segments.len() + 1);
        if segments * self.question.plan.buckets() > FACET_CELLS {
            return [points, total]
                .map(|end| [rows.clone(), vec![once.clone()], end].concat())
                .into();
        }
        let both = vec![
            once,
            doc! {"$facet": {"points": points, "total": total}},
            doc! {"$project": {"all": {"$concatArrays": ["$points", "$total"]}}},
            doc! {"$unwind": "$all"},
            doc! {"$replaceRoot": {"newRoot": "$all"}},
        ];
        vec![[rows, both].concat()]
    }

    /// The events of a series as `{g, b, u, x}`, once for each segment that they count in.
    fn series_rows(&self, series: &Series, shown: Option<&Shown>) -> Vec<Document> {
        let mut taken = Taken::default();
        let shared = self.shared_filter(&mut taken);
        let own = series
            .filter
            .as_ref()
            .map(|filter| passes(filter, &mut taken));
        let mut row = doc! {"_id": 0, "b": buckets::position(&self.question.plan.edges)};
        if let Some(property) = measured(&series.measure) {
            row.insert("x", as_double(&taken.field(property)));
        }
        if series.measure == Measure::Unique {
            row.insert("u", 1);
        }
        if let Some(shown) = shown {
            row.insert("g", positions(self.segments(&mut taken), shown));
        }
        let mut fields = taken.fields(&self.user);
        fields.extend(doc! {"_id": 0, "t": 1});
        if series.measure == Measure::Unique {
            fields.insert("u", taken_user(&self.user));
        }
        let mut stages = vec![
            doc! {"$match": self.prefix(&[series])},
            doc! {"$project": fields},
        ];
        if self.report.filter.is_some() || own.is_some() {
            let conditions: Vec<_> = std::iter::once(shared).chain(own.map(Bson::from)).collect();
            stages.push(doc! {"$match": {"$expr": {"$and": conditions}}});
        }
        stages.push(doc! {"$project": row});
        if shown.is_some() {
            stages.push(doc! {"$unwind": "$g"});
        }
        stages
    }

    /// What an index finds: project, names, instants.
    fn prefix(&self, series: &[&Series]) -> Document {
        let mut names: Option<Vec<&str>> = Some(Vec::new());
        for series in series {
            match (&series.event, &mut names) {
                (EventSelector::All, _) => names = None,
                (EventSelector::Named(name), Some(names)) => names.push(name),
                (EventSelector::AnyOf(any), Some(names)) => {
                    names.extend(any.iter().map(String::as_str));
                }
                (_, None) => {}
            }
        }
        let mut prefix = doc! {"p": project_id(self.question.project)};
        if let Some(names) = names {
            prefix.insert("e", doc! {"$in": names});
        }
        let plan = &self.question.plan;
        prefix.insert("t", doc! {"$gte": time(plan.start), "$lt": time(plan.end)});
        prefix
    }

    /// Whether an event is one of a series, the report's own filter aside.
    fn accepts(&self, series: &Series, taken: &mut Taken) -> Document {
        let named = match &series.event {
            EventSelector::All => Bson::Boolean(true),
            EventSelector::Named(name) => bson!({"$eq": ["$e", {"$literal": name}]}),
            EventSelector::AnyOf(names) => bson!({"$in": ["$e", {"$literal": names}]}),
        };
        match &series.filter {
            None => doc! {"$and": [named]},
            Some(filter) => doc! {"$and": [named, passes(filter, taken)]},
        }
    }

    fn shared_filter(&self, taken: &mut Taken) -> Bson {
        match &self.report.filter {
            None => Bson::Boolean(true),
            Some(filter) => passes(filter, taken).into(),
        }
    }

    /// The values of the breakdown: a scalar, a list of distinct scalars, or null.
    fn segments(&self, taken: &mut Taken) -> Bson {
        let Some(breakdown) = self.report.breakdown.first() else {
            return Bson::Null;
        };
        let value = taken.field(&breakdown.property);
        let is_scalar = |x: &str| {
            doc! {"$in": [{"$type": x}, ["string", "int", "long", "double", "bool"]]}
        };
        let distinct = doc! {"$setUnion": [
            {"$filter": {"input": value.clone(), "as": "x", "cond": is_scalar("$$x")}},
        ]};
        let list = doc! {"$let": {
            "vars": {"items": distinct},
            "in": {"$cond": [{"$eq": ["$$items", []]}, null, "$$items"]},
        }};
        bson!({"$cond": [
            {"$isArray": [value.clone()]},
            list,
            {"$cond": [is_scalar(&value), value, null]},
        ]})
    }
}

/// The positions of the segments among those that are shown, each once; the rest is one position.
fn positions(segments: Bson, shown: &Shown) -> Bson {
    let values: Vec<Bson> = shown.segments.iter().map(literal).collect();
    let rest = i32::try_from(values.len()).unwrap_or(i32::MAX);
    let position = |x: &str| {
        bson!({"$let": {
            "vars": {"at": {"$indexOfArray": [{"$literal": values.clone()}, x]}},
            "in": {"$cond": [{"$lt": ["$$at", 0]}, rest, "$$at"]},
        }})
    };
    bson!({"$let": {
        "vars": {"g": segments},
        "in": {"$cond": [
            {"$isArray": ["$$g"]},
            {"$setUnion": [{"$map": {"input": "$$g", "as": "x", "in": position("$$x")}}]},
            position("$$g"),
        ]},
    }})
}

fn literal(segment: &Segment) -> Bson {
    match segment {
        Segment::Value(Scalar::Text(text)) => text.as_str().into(),
        Segment::Value(Scalar::Number(number)) => (*number).into(),
        Segment::Value(Scalar::Boolean(flag)) => (*flag).into(),
        Segment::NotSet | Segment::Other => Bson::Null,
    }
}

/// The property that a measure reads.
fn measured(measure: &Measure) -> Option<&PropertyRef> {
    match measure {
        Measure::Sum(property) | Measure::Avg(property) => Some(property),
        Measure::Total | Measure::Unique => None,
    }
}

/// A number as a double, so that sums are made of doubles alone; null for all else.
fn as_double(value: &str) -> Bson {
    bson!({"$cond": [{"$isNumber": value}, {"$toDouble": value}, null]})
}

/// A field that is taken as it is lets an index answer alone.
fn taken_user(user: &Bson) -> Bson {
    match user {
        Bson::String(_) => Bson::Int32(1),
        resolved => resolved.clone(),
    }
}

/// One row per segment; a row that counts as not set stays.
fn unwound() -> Document {
    doc! {"$unwind": {"path": "$g", "preserveNullAndEmptyArrays": true}}
}

/// The group's key as fields of the row.
fn flat() -> Document {
    doc! {"$project": {"_id": 0, "g": "$_id.g", "b": "$_id.b", "n": 1, "k": 1, "x": 1, "r": 1}}
}
