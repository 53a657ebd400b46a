//! Vectors of small numbers, as many as the model has dimensions.

use crate::{
    kernel,
    numbers::{DIMENSIONS_STEP, nearest},
};

/// The largest component of a stored vector.
const LARGEST: f32 = 127.0;

/// A vector, stored as one signed byte for each dimension and a scale.
///
/// A vector that a [`Model`](crate::Model) made has the length 1, so [`Vector::dot`] of two of them is the
/// cosine of their angle: 1 for texts of the same meaning, around 0 for unrelated ones. Vectors of different models must
/// not be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Vector {
    scale: f32,
    values: Box<[i8]>,
}

impl Vector {
    /// Rounds a vector of any length to its stored form.
    ///
    /// Values that are not finite count as 0.
    pub fn round(values: &[f32]) -> Self {
        let finite = |value: f32| if value.is_finite() { value } else { 0.0 };
        let largest = values.iter().fold(0.0_f32, |largest, &value| largest.max(finite(value).abs()));
        if largest == 0.0 {
            return Self { scale: 0.0, values: vec![0; values.len()].into() };
        }
        let scale = largest / LARGEST;
        Self { scale, values: values.iter().map(|&value| nearest(finite(value) / scale)).collect() }
    }

    /// Returns the vector of length 1 with the direction of these values.
    pub fn unit(values: &[f32]) -> Self {
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        let unit: Vec<f32> = values.iter().map(|value| value / length.max(f32::MIN_POSITIVE)).collect();
        Self::round(&unit)
    }

    /// Returns the number of dimensions.
    pub fn dimensions(&self) -> usize {
        self.values.len()
    }

    /// Returns the scalar product; 0 for vectors with different numbers of dimensions.
    pub fn dot(&self, other: &Self) -> f32 {
        kernel::dot(&self.values, &other.values) * self.scale * other.scale
    }

    /// Returns the length.
    pub fn length(&self) -> f32 {
        self.dot(self).max(0.0).sqrt()
    }

    /// Returns the weighted sum of vectors with the same number of dimensions.
    pub fn sum<'v>(parts: impl IntoIterator<Item = (f32, &'v Self)>) -> Self {
        let mut sum = Vec::new();
        for (weight, part) in parts {
            sum.resize(part.values.len(), 0.0);
            for (total, &value) in sum.iter_mut().zip(part.values.iter()) {
                *total += weight * part.scale * f32::from(value);
            }
        }
        Self::round(&sum)
    }

    /// Returns the form in which stores keep it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.values.len() + size_of::<f32>());
        bytes.extend(self.scale.to_le_bytes());
        bytes.extend(self.values.iter().flat_map(|value| value.to_le_bytes()));
        bytes
    }

    /// Reads the form that [`Vector::to_bytes`] made; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (scale, values) = bytes.split_first_chunk()?;
        let scale = f32::from_le_bytes(*scale);
        let values: Box<[i8]> = values.iter().map(|&value| i8::from_le_bytes([value])).collect();
        let is_whole = !values.is_empty() && values.len().is_multiple_of(DIMENSIONS_STEP);
        (is_whole && scale.is_finite() && scale >= 0.0).then_some(Self { scale, values })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DIMENSIONS: usize = 384;

    fn vector(seed: &[f32]) -> [f32; DIMENSIONS] {
        let mut values = [0.0; DIMENSIONS];
        for (value, part) in values.iter_mut().zip(seed.iter().cycle()) {
            *value = *part;
        }
        values
    }

    #[test]
    fn a_vector_without_a_direction_is_like_nothing() {
        let nothing = Vector::unit(&[0.0; DIMENSIONS]);
        let other = Vector::unit(&[1.0; DIMENSIONS]);
        assert!(nothing.dot(&other).abs() < f32::EPSILON);
        assert!((other.length() - 1.0).abs() < 0.01);
        assert!(Vector::round(&[f32::NAN; DIMENSIONS]).length().abs() < f32::EPSILON);
    }

    #[test]
    fn bytes_of_another_length_are_no_vector() {
        let bytes = Vector::unit(&[1.0; DIMENSIONS]).to_bytes();
        assert_eq!(bytes.len(), DIMENSIONS + 4);
        assert_eq!(Vector::from_bytes(&bytes[1..]), None);
        assert_eq!(Vector::from_bytes(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(Vector::from_bytes(&[0xff; DIMENSIONS + 4]), None);
        assert_eq!(Vector::from_bytes(&[0; 4]), None);
    }

    #[test]
    fn vectors_have_the_dimensions_of_their_model_and_others_are_unlike_them() {
        let (narrow, wide) = (Vector::unit(&[1.0; 128]), Vector::unit(&[1.0; 768]));
        assert_eq!((narrow.dimensions(), wide.dimensions()), (128, 768));
        for vector in [&narrow, &wide] {
            assert_eq!(Vector::from_bytes(&vector.to_bytes()).as_ref(), Some(vector));
            assert!((vector.length() - 1.0).abs() < 0.01);
            assert!((Vector::sum([(0.5, vector), (0.5, vector)]).length() - 1.0).abs() < 0.01);
        }
        assert!(narrow.dot(&wide).abs() < f32::EPSILON);
    }

    proptest! {
        #[test]
        fn rounding_keeps_the_scalar_product(
            a in prop::collection::vec(-1.0_f32..1.0, 7..20),
            b in prop::collection::vec(-1.0_f32..1.0, 7..20),
        ) {
            let (x, y) = (vector(&a), vector(&b));
            let length = |v: &[f32; DIMENSIONS]| v.iter().map(|v| v * v).sum::<f32>().sqrt();
            prop_assume!(length(&x) > 0.5 && length(&y) > 0.5);
            let exact: f32 = x.iter().zip(&y).map(|(x, y)| x * y).sum::<f32>() / length(&x) / length(&y);
            let rounded = Vector::unit(&x).dot(&Vector::unit(&y));
            prop_assert!((exact - rounded).abs() < 0.02, "{exact} {rounded}");
            let stored = Vector::from_bytes(&Vector::unit(&x).to_bytes()).unwrap();
            prop_assert_eq!(stored, Vector::unit(&x));
        }
    }
}
