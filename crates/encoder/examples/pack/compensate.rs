//! How the error of a rounded weight is made up for by the weights that follow it in its row.
//!
//! The method is GPTQ (Frantar and others, 2022): the weights of a row are rounded in order, and what one of
//! them is off is spread over the later ones so that the outputs for ordinary inputs change least.

/// How much of the mean square is added to each input, so that inputs which are always 0 do no harm.
const DAMPING: f64 = 0.01;

/// The sum of the products of each two inputs of a matrix over all tokens of the calibration texts.
#[derive(Clone)]
pub(crate) struct Inputs {
    size: usize,
    products: Vec<f64>,
}

/// For each input, in rows, how its error is spread over itself and the later inputs.
pub(crate) struct Spread {
    size: usize,
    upper: Vec<f64>,
}

impl Inputs {
    pub(crate) fn new(size: usize) -> Self {
        Self { size, products: vec![0.0; size * size] }
    }

    pub(crate) fn add(&mut self, row: &[f32]) {
        for (sums, &a) in self.products.chunks_exact_mut(self.size).zip(row) {
            for (sum, &b) in sums.iter_mut().zip(row) {
                *sum += f64::from(a * b);
            }
        }
    }

    pub(crate) fn spread(mut self) -> Spread {
        let size = self.size;
        let diagonal = || (0..size).map(|at| at * size + at);
        let mean = diagonal().filter_map(|at| self.products.get(at)).sum::<f64>()
            / f64::from(u32::try_from(size).unwrap_or(1));
        for at in diagonal() {
            if let Some(value) = self.products.get_mut(at) {
                *value += DAMPING * mean;
            }
        }
        let inverse = inverse(&cholesky(&self.products, size), size);
        let lower = cholesky(&inverse, size);
        Spread { size, upper: transposed(&lower, size) }
    }
}

impl Spread {
    /// Returns how the error of an input is spread over itself and the later ones.
    pub(crate) fn of(&self, input: usize) -> &[f64] {
        self.upper.get(input * self.size + input..(input + 1) * self.size).unwrap_or_default()
    }
}

/// Returns the lower triangular matrix whose product with its transpose is the given matrix.
fn cholesky(matrix: &[f64], size: usize) -> Vec<f64> {
    let mut lower: Vec<Vec<f64>> = Vec::with_capacity(size);
    for (row, values) in matrix.chunks_exact(size).enumerate() {
        let mut new: Vec<f64> = Vec::with_capacity(size);
        for (column, value) in values.iter().take(row + 1).enumerate() {
            let left = value - lower.get(column).map_or_else(|| dot(&new, &new), |other| dot(&new, other));
            let diagonal = lower.get(column).and_then(|other| other.get(column)).copied();
            new.push(diagonal.map_or_else(|| left.max(f64::MIN_POSITIVE).sqrt(), |diagonal| left / diagonal));
        }
        lower.push(new);
    }
    lower
        .into_iter()
        .flat_map(|mut row| {
            row.resize(size, 0.0);
            row
        })
        .collect()
}

/// Returns the inverse of the product of a lower triangular matrix and its transpose.
fn inverse(lower: &[f64], size: usize) -> Vec<f64> {
    // The columns of the inverse of the triangle, each from its diagonal on.
    let columns: Vec<Vec<f64>> = (0..size)
        .map(|column| {
            let mut values: Vec<f64> = Vec::with_capacity(size - column);
            for (row, entries) in lower.chunks_exact(size).enumerate().skip(column) {
                let known = entries.get(column..row).map_or(0.0, |entries| dot(entries, &values));
                let unit = if row == column { 1.0 } else { 0.0 };
                values.push((unit - known) / entries.get(row).copied().unwrap_or(1.0));
            }
            values
        })
        .collect();
    let mut product = Vec::with_capacity(size * size);
    for (row, a) in columns.iter().enumerate() {
        for (column, b) in columns.iter().enumerate() {
            let from = row.max(column);
            product.push(dot(a.get(from - row..).unwrap_or_default(), b.get(from - column..).unwrap_or_default()));
        }
    }
    product
}

fn transposed(matrix: &[f64], size: usize) -> Vec<f64> {
    (0..size).flat_map(|column| matrix.iter().skip(column).step_by(size).copied()).collect()
}

/// Returns the scalar product of the values that both have.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let length = a.len().min(b.len());
    let (a, b) = (a.get(..length).unwrap_or_default(), b.get(..length).unwrap_or_default());
    let ((a, rest_a), (b, rest_b)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f64>()
}
