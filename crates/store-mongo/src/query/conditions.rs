//! Filters as expressions.
//!
//! Comparisons of expressions cross types (`"abc" > 5` is true in MongoDB), so each is guarded by
//! the type that its operator sees.

use empmix_query::{
    report::{Condition, Filter, Operator},
    value::{Scalar, number},
};
use mongodb::bson::{Bson, Document, bson, doc};

use super::values::{ValueSet, is_text};
use crate::values::scalar;

/// Whether an event passes.
pub(super) fn passes(filter: &Filter, taken: &mut ValueSet<'_>) -> Document {
    match filter {
        Filter::And { and } => doc! {"$and": all(and, taken)},
        Filter::Or { or } => doc! {"$or": all(or, taken)},
        Filter::Condition(condition) => test(condition, &taken.field(&condition.property)),
    }
}

fn all(filters: &[Filter], taken: &mut ValueSet<'_>) -> Vec<Document> {
    filters.iter().map(|filter| passes(filter, taken)).collect()
}

fn test(condition: &Condition, value: &str) -> Document {
    // A comparison with null: true of every value but null and missing.
    let positive = match condition.op {
        Operator::Set | Operator::NotSet => doc! {"$gt": [value, null]},
        _ => doc! {"$cond": [
            {"$isArray": [value]},
            {"$anyElementTrue": [{"$map": {
                "input": {"$cond": [{"$isArray": [value]}, value, []]},
                "as": "x",
                "in": accepts(condition, "$$x"),
            }}]},
            accepts(condition, value),
        ]},
    };
    if condition.op.is_negative() {
        doc! {"$not": [positive]}
    } else {
        positive
    }
}

/// What the positive operator asks of a scalar.
fn accepts(condition: &Condition, x: &str) -> Document {
    let values = &condition.values;
    let numbers = |op: &str| {
        let alternatives: Vec<Document> = values
            .iter()
            .filter_map(number)
            .map(|number| doc! {op: [x, {"$literal": number}]})
            .collect();
        doc! {"$cond": [{"$isNumber": x}, {"$or": alternatives}, false]}
    };
    match condition.op {
        Operator::Set | Operator::NotSet => doc! {"$gt": [x, null]},
        Operator::Is | Operator::IsNot => {
            let scalars = values.iter().filter(|value| Scalar::of(value).is_some());
            let scalars: Vec<Bson> = scalars.map(scalar).collect();
            doc! {"$in": [x, {"$literal": scalars}]}
        }
        Operator::Contains => {
            let alternatives: Vec<Bson> = values
                .iter()
                .filter_map(|value| value.as_str())
                .map(|text| bson!({"$gte": [{"$indexOfCP": [x, {"$literal": text}]}, 0]}))
                .collect();
            doc! {"$cond": [is_text(x), {"$or": alternatives}, false]}
        }
        Operator::Eq => numbers("$eq"),
        Operator::Gt => numbers("$gt"),
        Operator::Lt => numbers("$lt"),
    }
}
