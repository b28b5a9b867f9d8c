//! The stages.

use empmix_query::{
    report::{EventSelector, Insights, Measure, PropertyRef, Series},
    segment::{Segment, ShownSegments},
    value::Scalar,
};
use mongodb::bson::{Bson, Document, bson, doc};

use super::{
    Question, buckets,
    conditions::passes,
    values::{ValueSet, user},
};
use crate::documents::{project_id, time};

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
        let mut taken = ValueSet::new(&self.user);
        let first = &self.report.series[0];
        let is_of_first = self.accepts(first, &mut taken);
        let any: Vec<_> = all
            .iter()
            .map(|series| self.accepts(series, &mut taken))
            .collect();
        let shared = self.shared_filter(&mut taken);
        let of_first = |value: Bson| bson!({"$cond": [is_of_first.clone(), value, null]});
        let mut key = doc! {"g": self.segments(&mut taken)};
        let mut values = doc! {"n": {"$sum": of_first(Bson::Int64(1))}};
        if first.measure == Measure::Unique {
            key.insert("u", of_first(self.user.clone()));
            values = Document::new();
        } else if let Some(property) = measured(&first.measure) {
            let number = of_first(as_double(&taken.field(property)));
            values.extend(sum_and_numbers(&number));
        }
        let conditions = vec![shared.unwrap_or(Bson::Boolean(true)), bson!({"$or": any})];
        let mut stages = self.selected(&all, taken, conditions);
        stages.push(group(key.into(), values));
        // What counts as not set stays.
        stages.push(doc! {"$unwind": {"path": "$_id.g", "preserveNullAndEmptyArrays": true}});
        let segment = bson!({"$ifNull": ["$_id.g", null]});
        if first.measure == Measure::Unique {
            let user = bson!({"g": segment, "u": "$_id.u"});
            let is_user = bson!({"$gt": ["$_id.u", null]});
            stages.push(group(user, Document::new()));
            let count = doc! {"n": {"$sum": {"$cond": [is_user, 1_i64, 0_i64]}}};
            stages.push(group("$_id.g".into(), count));
        } else {
            stages.push(group(segment, sums(&["n", "k", "x"])));
        }
        stages
    }

    /// The pipelines whose rows together are a series: one as a rule; two where users are counted,
    /// since those of the range are not those of the buckets added up.
    ///
    /// Events are grouped as they are read. An event that counts in several segments has the list
    /// of them in its group's key; the lists are taken apart afterwards, when few rows are left.
    pub(super) fn measure(&self, at: usize, shown: Option<&ShownSegments>) -> Vec<Vec<Document>> {
        let series = &self.report.series[at];
        if series.measure != Measure::Unique {
            let mut stages = self.cells(series, shown, true);
            stages.push(flat());
            return vec![stages];
        }
        let users_of = |per_bucket: bool| {
            let mut stages = self.cells(series, shown, per_bucket);
            let (mut key, mut values) = (doc! {"g": "$_id.g"}, doc! {"n": {"$sum": 1_i64}});
            if per_bucket {
                key.insert("b", "$_id.b");
            } else {
                values.extend(sums(&["r"]));
            }
            stages.extend([group(key.into(), values), flat()]);
            stages
        };
        vec![users_of(true), users_of(false)]
    }

    /// What a series measures, by segment and, if asked, bucket; of a measure of users each user
    /// once. How many events `r` they have is counted for the range alone, where the groups are few:
    /// by bucket it would double the time.
    fn cells(
        &self,
        series: &Series,
        shown: Option<&ShownSegments>,
        per_bucket: bool,
    ) -> Vec<Document> {
        let mut taken = ValueSet::new(&self.user);
        let shared = self.shared_filter(&mut taken);
        let own = series
            .filter
            .as_ref()
            .map(|filter| passes(filter, &mut taken).into());
        let mut key = Document::new();
        if per_bucket {
            key.insert("b", buckets::position(&self.question.plan.edges));
        }
        if let Some(shown) = shown {
            key.insert("g", positions(self.segments(&mut taken), shown));
        }
        let number = measured(&series.measure).map(|property| as_double(&taken.field(property)));
        let mut stages = self.selected(&[series], taken, shared.into_iter().chain(own).collect());
        let counts: &[&str] = match (&series.measure, per_bucket) {
            (Measure::Unique, true) => &[],
            (Measure::Unique, false) => &["r"],
            _ => &["n", "k", "x"],
        };
        if series.measure == Measure::Unique {
            key.insert("u", self.user.clone());
        }
        let mut values: Document = counts
            .first()
            .map(|rows| ((*rows).to_owned(), bson!({"$sum": 1_i64})))
            .into_iter()
            .collect();
        if let Some(number) = number {
            values.extend(sum_and_numbers(&number));
        }
        stages.push(group(key.into(), values));
        if shown.is_some() {
            stages.push(doc! {"$unwind": "$_id.g"});
            stages.push(group("$_id".into(), sums(counts)));
        }
        stages
    }

    /// The events of some series that pass, with the values that were taken of them.
    fn selected(
        &self,
        series: &[&Series],
        taken: ValueSet<'_>,
        conditions: Vec<Bson>,
    ) -> Vec<Document> {
        let mut stages = vec![doc! {"$match": self.prefix(series)}];
        stages.extend(taken.fields().map(|fields| doc! {"$addFields": fields}));
        if !conditions.is_empty() {
            stages.push(doc! {"$match": {"$expr": {"$and": conditions}}});
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
    fn accepts(&self, series: &Series, taken: &mut ValueSet<'_>) -> Document {
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

    fn shared_filter(&self, taken: &mut ValueSet<'_>) -> Option<Bson> {
        let filter = self.report.filter.as_ref()?;
        Some(passes(filter, taken).into())
    }

    /// The values of the breakdown: a scalar, a list of distinct scalars, or null.
    fn segments(&self, taken: &mut ValueSet<'_>) -> Bson {
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
fn positions(segments: Bson, shown: &ShownSegments) -> Bson {
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

fn group(key: Bson, mut values: Document) -> Document {
    values.insert("_id", key);
    doc! {"$group": values}
}

/// Groups' values added up in a group of groups.
fn sums(fields: &[&str]) -> Document {
    let sum = |field: &&str| ((*field).to_owned(), bson!({"$sum": format!("${field}")}));
    fields.iter().map(sum).collect()
}

/// The sum of a number, and how many rows have one.
fn sum_and_numbers(number: &Bson) -> Document {
    let is_number = bson!({"$isNumber": number.clone()});
    doc! {
        "k": {"$sum": {"$cond": [is_number, 1_i64, 0_i64]}},
        "x": {"$sum": number.clone()},
    }
}

/// The group's key as fields of the row.
fn flat() -> Document {
    doc! {"$project": {"_id": 0, "g": "$_id.g", "b": "$_id.b", "n": 1, "k": 1, "x": 1, "r": 1}}
}
