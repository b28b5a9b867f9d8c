//! Icons: strokes on a grid of 16 by 16, painted at any size and in any colour.

use std::f32::consts::{FRAC_PI_2, PI, TAU};

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2};

/// An icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say what they show")]
pub enum Icon {
    Insights,
    Live,
    Settings,
    Chevron,
    Close,
    More,
    Plus,
    Search,
    Copy,
    Check,
    Theme,
    Pause,
    Play,
    Warning,
    Info,
    SortDown,
    SortUp,
    Filter,
    Download,
    Calendar,
    Back,
    Forward,
    Fold,
    Unfold,
    Eye,
    EyeOff,
    Trash,
    Refresh,
    Plug,
    Project,
    External,
    Undo,
    Redo,
}

/// A stroke of an icon, on the grid.
enum Part {
    /// An open line.
    Line(&'static [(f32, f32)]),
    /// A closed outline.
    Outline(&'static [(f32, f32)]),
    /// A filled polygon.
    Fill(&'static [(f32, f32)]),
    /// A circle: centre, radius.
    Circle(f32, f32, f32),
    /// A filled circle: centre, radius.
    Dot(f32, f32, f32),
    /// An arc: centre, radius, start, end (clockwise from the right, in radians).
    Arc(f32, f32, f32, f32, f32),
    /// A filled half circle, the right one: centre, radius.
    HalfDisc(f32, f32, f32),
}

use Part::{Arc, Circle, Dot, Fill, HalfDisc, Line, Outline};

impl Icon {
    /// Paints it in the middle of `rect`, `side` points wide and high.
    pub fn paint(self, painter: &Painter, rect: Rect, side: f32, color: Color32) {
        let scale = side / 16.0;
        let origin = rect.center() - Vec2::splat(side / 2.0);
        let at = |x: f32, y: f32| pos2(origin.x + x * scale, origin.y + y * scale);
        let stroke = Stroke::new(1.35 * scale.max(0.85), color);
        for part in self.parts() {
            painter.add(shape(part, &at, scale, stroke));
        }
    }

    fn parts(self) -> &'static [Part] {
        match self {
            Self::Insights => &[Line(&[(1.5, 11.0), (5.0, 6.5), (8.5, 9.5), (14.5, 3.5)])],
            Self::Live => &[
                Dot(8.0, 8.0, 2.2),
                Arc(8.0, 8.0, 5.6, -0.9, 0.9),
                Arc(8.0, 8.0, 5.6, PI - 0.9, PI + 0.9),
            ],
            Self::Settings => &[
                Line(&[(2.0, 4.5), (8.2, 4.5)]),
                Line(&[(12.4, 4.5), (14.0, 4.5)]),
                Circle(10.3, 4.5, 2.0),
                Line(&[(2.0, 11.5), (3.6, 11.5)]),
                Line(&[(7.8, 11.5), (14.0, 11.5)]),
                Circle(5.7, 11.5, 2.0),
            ],
            Self::Chevron => &[Fill(&[(4.4, 6.2), (11.6, 6.2), (8.0, 10.9)])],
            Self::Close => &[
                Line(&[(4.2, 4.2), (11.8, 11.8)]),
                Line(&[(11.8, 4.2), (4.2, 11.8)]),
            ],
            Self::More => &[Dot(3.6, 8.0, 1.0), Dot(8.0, 8.0, 1.0), Dot(12.4, 8.0, 1.0)],
            Self::Plus => &[
                Line(&[(8.0, 3.5), (8.0, 12.5)]),
                Line(&[(3.5, 8.0), (12.5, 8.0)]),
            ],
            Self::Search => &[Circle(7.0, 7.0, 4.2), Line(&[(10.2, 10.2), (13.6, 13.6)])],
            Self::Check => &[Line(&[(3.2, 8.4), (6.6, 11.7), (12.8, 4.6)])],
            Self::Theme => &[Circle(8.0, 8.0, 5.2), HalfDisc(8.0, 8.0, 5.2)],
            Self::Pause => &[
                Fill(&[(4.4, 3.5), (6.6, 3.5), (6.6, 12.5), (4.4, 12.5)]),
                Fill(&[(9.4, 3.5), (11.6, 3.5), (11.6, 12.5), (9.4, 12.5)]),
            ],
            Self::Play => &[Fill(&[(5.0, 3.2), (12.6, 8.0), (5.0, 12.8)])],
            Self::SortDown => &[
                Line(&[(8.0, 3.0), (8.0, 13.0)]),
                Line(&[(4.6, 9.6), (8.0, 13.0), (11.4, 9.6)]),
            ],
            Self::SortUp => &[
                Line(&[(8.0, 13.0), (8.0, 3.0)]),
                Line(&[(4.6, 6.4), (8.0, 3.0), (11.4, 6.4)]),
            ],
            _ => self.more_parts(),
        }
    }

    fn more_parts(self) -> &'static [Part] {
        match self {
            Self::Copy => &[
                Outline(&[(5.6, 5.6), (13.2, 5.6), (13.2, 13.2), (5.6, 13.2)]),
                Line(&[(10.4, 2.8), (2.8, 2.8), (2.8, 10.4)]),
            ],
            Self::Warning => &[
                Outline(&[(8.0, 2.4), (14.4, 13.4), (1.6, 13.4)]),
                Line(&[(8.0, 6.4), (8.0, 9.6)]),
                Dot(8.0, 11.5, 0.8),
            ],
            Self::Info => &[
                Circle(8.0, 8.0, 5.8),
                Line(&[(8.0, 7.4), (8.0, 11.0)]),
                Dot(8.0, 5.2, 0.8),
            ],
            Self::Filter => &[
                Line(&[(2.5, 4.5), (13.5, 4.5)]),
                Line(&[(4.8, 8.0), (11.2, 8.0)]),
                Line(&[(6.8, 11.5), (9.2, 11.5)]),
            ],
            Self::Download => &[
                Line(&[(8.0, 2.4), (8.0, 10.0)]),
                Line(&[(4.8, 6.9), (8.0, 10.0), (11.2, 6.9)]),
                Line(&[(2.6, 13.2), (13.4, 13.2)]),
            ],
            Self::Calendar => &[
                Outline(&[(2.6, 3.8), (13.4, 3.8), (13.4, 13.4), (2.6, 13.4)]),
                Line(&[(2.6, 7.0), (13.4, 7.0)]),
                Line(&[(5.4, 2.2), (5.4, 4.8)]),
                Line(&[(10.6, 2.2), (10.6, 4.8)]),
            ],
            Self::Back => &[Line(&[(9.9, 4.0), (5.9, 8.0), (9.9, 12.0)])],
            Self::Forward => &[Line(&[(6.1, 4.0), (10.1, 8.0), (6.1, 12.0)])],
            Self::Fold => &[
                Line(&[(12.6, 4.0), (8.6, 8.0), (12.6, 12.0)]),
                Line(&[(7.4, 4.0), (3.4, 8.0), (7.4, 12.0)]),
            ],
            Self::Unfold => &[
                Line(&[(3.4, 4.0), (7.4, 8.0), (3.4, 12.0)]),
                Line(&[(8.6, 4.0), (12.6, 8.0), (8.6, 12.0)]),
            ],
            Self::Eye => &[EYELIDS_ABOVE, EYELIDS_BELOW, Circle(8.0, 8.0, 2.0)],
            Self::EyeOff => &[
                EYELIDS_ABOVE,
                EYELIDS_BELOW,
                Line(&[(2.8, 13.2), (13.2, 2.8)]),
            ],
            Self::Trash => &[
                Line(&[(2.6, 4.2), (13.4, 4.2)]),
                Line(&[(6.2, 4.2), (6.2, 2.4), (9.8, 2.4), (9.8, 4.2)]),
                Line(&[(4.0, 4.2), (4.7, 13.6), (11.3, 13.6), (12.0, 4.2)]),
            ],
            Self::Refresh => &[
                Arc(8.0, 8.0, 5.2, 0.35, TAU - 0.75),
                Line(&[(12.4, 1.6), (12.2, 4.9), (8.9, 4.7)]),
            ],
            Self::Plug => &[
                Line(&[(5.6, 2.2), (5.6, 5.4)]),
                Line(&[(10.4, 2.2), (10.4, 5.4)]),
                Line(&[(3.4, 5.4), (12.6, 5.4)]),
                Arc(8.0, 5.8, 4.2, 0.0, PI),
                Line(&[(8.0, 10.0), (8.0, 13.8)]),
            ],
            Self::Project => &[
                Outline(&[
                    (8.0, 1.9),
                    (13.6, 5.0),
                    (13.6, 11.0),
                    (8.0, 14.1),
                    (2.4, 11.0),
                    (2.4, 5.0),
                ]),
                Line(&[(2.6, 5.1), (8.0, 8.1), (13.4, 5.1)]),
                Line(&[(8.0, 8.1), (8.0, 14.0)]),
            ],
            Self::External => &[
                Line(&[(9.6, 2.8), (13.2, 2.8), (13.2, 6.4)]),
                Line(&[(13.2, 2.8), (7.4, 8.6)]),
                Line(&[
                    (6.6, 3.6),
                    (2.8, 3.6),
                    (2.8, 13.2),
                    (12.4, 13.2),
                    (12.4, 9.4),
                ]),
            ],
            Self::Undo => &[
                Line(&[(5.6, 2.8), (2.6, 5.8), (5.6, 8.8)]),
                Line(&[(2.6, 5.8), (9.4, 5.8)]),
                Arc(9.4, 9.2, 3.4, -FRAC_PI_2, FRAC_PI_2),
                Line(&[(9.4, 12.6), (5.6, 12.6)]),
            ],
            Self::Redo => &[
                Line(&[(10.4, 2.8), (13.4, 5.8), (10.4, 8.8)]),
                Line(&[(13.4, 5.8), (6.6, 5.8)]),
                Arc(6.6, 9.2, 3.4, FRAC_PI_2, 3.0 * FRAC_PI_2),
                Line(&[(6.6, 12.6), (10.4, 12.6)]),
            ],
            _ => &[],
        }
    }
}

const EYELIDS_ABOVE: Part = Arc(8.0, 12.2, 7.6, PI + 0.585, TAU - 0.585);
const EYELIDS_BELOW: Part = Arc(8.0, 3.8, 7.6, 0.585, PI - 0.585);

fn shape(part: &Part, at: &impl Fn(f32, f32) -> Pos2, scale: f32, stroke: Stroke) -> Shape {
    let points = |list: &[(f32, f32)]| list.iter().map(|(x, y)| at(*x, *y)).collect::<Vec<_>>();
    match *part {
        Line(list) => Shape::line(points(list), stroke),
        Outline(list) => Shape::closed_line(points(list), stroke),
        Fill(list) => Shape::convex_polygon(points(list), stroke.color, Stroke::NONE),
        Circle(x, y, radius) => Shape::circle_stroke(at(x, y), radius * scale, stroke),
        Dot(x, y, radius) => Shape::circle_filled(at(x, y), radius * scale, stroke.color),
        Arc(x, y, radius, from, to) => Shape::line(arc(at(x, y), radius * scale, from, to), stroke),
        HalfDisc(x, y, radius) => Shape::convex_polygon(
            arc(at(x, y), radius * scale, -FRAC_PI_2, FRAC_PI_2),
            stroke.color,
            Stroke::NONE,
        ),
    }
}

fn arc(center: Pos2, radius: f32, from: f32, to: f32) -> Vec<Pos2> {
    const STEPS: usize = 24;
    (0..=STEPS)
        .map(|step| from + (to - from) * step as f32 / STEPS as f32)
        .map(|angle| center + radius * Vec2::angled(angle))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_shows_something() {
        let all = [
            Icon::Insights,
            Icon::Live,
            Icon::Settings,
            Icon::Chevron,
            Icon::Close,
            Icon::More,
            Icon::Plus,
            Icon::Search,
            Icon::Copy,
            Icon::Check,
            Icon::Theme,
            Icon::Pause,
            Icon::Play,
            Icon::Warning,
            Icon::Info,
            Icon::SortDown,
            Icon::SortUp,
            Icon::Filter,
            Icon::Download,
            Icon::Calendar,
            Icon::Back,
            Icon::Forward,
            Icon::Fold,
            Icon::Unfold,
            Icon::Eye,
            Icon::EyeOff,
            Icon::Trash,
            Icon::Refresh,
            Icon::Plug,
            Icon::Project,
            Icon::External,
            Icon::Undo,
            Icon::Redo,
        ];
        for icon in all {
            assert!(!icon.parts().is_empty(), "{icon:?}");
        }
    }
}
