use super::Point;

/// What is drawn of neighbouring points between which there is no gap: its ends, and its extremes with their steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// The first point.
    pub first: Point,
    /// The lowest.
    pub low: Point,
    /// The highest.
    pub high: Point,
    /// The last.
    pub last: Point,
}

impl Span {
    /// Of one point, which may be a gap.
    pub fn of(point: Point) -> Self {
        Span { first: point, low: point, high: point, last: point }
    }

    /// With every value divided by a positive number.
    pub fn divided(self, by: f64) -> Self {
        let divided = |point: Point| Point { value: point.value / by, ..point };
        let Span { first, low, high, last } = self;
        Span { first: divided(first), low: divided(low), high: divided(high), last: divided(last) }
    }

    /// Its points in the order of steps, none twice.
    pub fn points(&self) -> impl Iterator<Item = Point> + use<> {
        let (early, late) = match self.low.step <= self.high.step {
            true => (self.low, self.high),
            false => (self.high, self.low),
        };
        let (mut points, mut count) = ([self.first; 4], 1);
        for point in [early, late, self.last] {
            if point != points[count - 1] && count < points.len() && !point.value.is_nan() {
                points[count] = point;
                count += 1;
            }
        }
        points.into_iter().take(count)
    }
}
