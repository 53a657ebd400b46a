//! Reads the weights of an ONNX file, in 32 bits or rounded to 8 bits.
//!
//! An ONNX file is a protobuf message. Only what the weights need is read: the tensors of the graph by name, and which
//! node multiplies with which of them, since exporters name matrices by number.

use std::{collections::HashMap, error::Error};

/// What the exporter of rounded weights appends to the name of a tensor, of its scales and of what stands for 0.
const QUANTISED: &str = "_quantized";
const SCALE: &str = "_scale";
const ZERO: &str = "_zero_point";

/// The fields of the messages, and the data types, as the format numbers them.
mod number {
    pub(super) const GRAPH: u64 = 7;
    pub(super) const NODE: u64 = 1;
    pub(super) const TENSOR: u64 = 5;
    pub(super) const NODE_INPUT: u64 = 1;
    pub(super) const NODE_NAME: u64 = 3;
    pub(super) const NODE_KIND: u64 = 4;
    pub(super) const DIMENSIONS: u64 = 1;
    pub(super) const DATA_TYPE: u64 = 2;
    pub(super) const FLOATS: u64 = 4;
    pub(super) const INTEGERS: u64 = 5;
    pub(super) const TENSOR_NAME: u64 = 8;
    pub(super) const RAW: u64 = 9;
    pub(super) const FLOAT: u64 = 1;
    pub(super) const UNSIGNED: u64 = 2;
    pub(super) const SIGNED: u64 = 3;
}

/// A field of a message.
#[derive(Clone, Copy)]
enum Field<'f> {
    Number(u64),
    Bytes(&'f [u8]),
}

/// A tensor with the values as they are stored.
struct Tensor {
    dimensions: Vec<usize>,
    values: Vec<f32>,
}

/// Returns the tensors by the names that the published weights have. The matrices have a row for each output.
pub(crate) fn tensors(file: &[u8]) -> Result<HashMap<String, Vec<f32>>, Box<dyn Error>> {
    let mut stored = HashMap::new();
    let mut matrices = Vec::new();
    for (field, graph) in fields(file)? {
        let (number::GRAPH, Field::Bytes(graph)) = (field, graph) else { continue };
        for part in fields(graph)? {
            match part {
                (number::NODE, Field::Bytes(node)) => matrices.extend(matrix(node)?),
                (number::TENSOR, Field::Bytes(tensor)) => stored.extend(named(tensor)?),
                _ => {}
            }
        }
    }
    let mut tensors = HashMap::new();
    for name in stored.keys() {
        let plain = name.strip_suffix(QUANTISED).unwrap_or(name);
        tensors.insert(plain.trim_start_matches("bert.").to_owned(), values(&stored, plain)?.values);
    }
    for (layer, name) in matrices {
        // Two activations are multiplied too, and these are not stored.
        if let Ok(Tensor { dimensions, values }) = values(&stored, &name)
            && let [_, outputs] = dimensions[..]
        {
            let column = |output| values.iter().skip(output).step_by(outputs).copied();
            tensors.insert(format!("{layer}.weight"), (0..outputs).flat_map(column).collect());
        }
    }
    Ok(tensors)
}

/// Returns the values of a tensor, computed with their scales if it was rounded: one for all, or one for each column.
fn values(stored: &HashMap<String, Tensor>, name: &str) -> Result<Tensor, Box<dyn Error>> {
    let of = |end: &str| stored.get(&format!("{name}{end}")).ok_or_else(|| format!("no tensor {name}{end}"));
    let Ok(codes) = of(QUANTISED) else {
        let Tensor { dimensions, values } = of("")?;
        return Ok(Tensor { dimensions: dimensions.clone(), values: values.clone() });
    };
    let (scales, zeros) = (of(SCALE)?, of(ZERO)?);
    let columns = codes.dimensions.last().copied().unwrap_or_default();
    if scales.values.len() != zeros.values.len() || ![1, columns].contains(&scales.values.len()) {
        return Err(format!("{name} has another number of scales").into());
    }
    let scaled = codes.values.iter().zip(scales.values.iter().zip(&zeros.values).cycle());
    let values = scaled.map(|(code, (scale, zero))| (code - zero) * scale).collect();
    Ok(Tensor { dimensions: codes.dimensions.clone(), values })
}

/// Returns the layer that a node belongs to and the name of the tensor that it multiplies with.
fn matrix(node: &[u8]) -> Result<Option<(String, String)>, Box<dyn Error>> {
    let (mut inputs, mut name, mut kind) = (Vec::new(), "", "");
    for field in fields(node)? {
        match field {
            (number::NODE_INPUT, Field::Bytes(input)) => inputs.push(str::from_utf8(input)?),
            (number::NODE_NAME, Field::Bytes(bytes)) => name = str::from_utf8(bytes)?,
            (number::NODE_KIND, Field::Bytes(bytes)) => kind = str::from_utf8(bytes)?,
            _ => {}
        }
    }
    let (true, Some(second), Some((layer, _))) =
        (kind.starts_with("MatMul"), inputs.get(1), name.trim_start_matches('/').rsplit_once('/'))
    else {
        return Ok(None);
    };
    let layer = layer.replace('/', ".");
    let tensor = second.strip_suffix(QUANTISED).unwrap_or(second);
    Ok(Some((layer.trim_start_matches("bert.").to_owned(), tensor.to_owned())))
}

/// Returns a tensor of one of the types that weights have, and its name.
fn named(tensor: &[u8]) -> Result<Option<(String, Tensor)>, Box<dyn Error>> {
    let (mut dimensions, mut kind, mut name) = (Vec::new(), 0, "");
    let (mut raw, mut floats, mut integers): (&[u8], &[u8], Vec<u64>) = (&[], &[], Vec::new());
    for field in fields(tensor)? {
        match field {
            (number::DIMENSIONS, field) => numbers(field, &mut dimensions)?,
            (number::DATA_TYPE, Field::Number(number)) => kind = number,
            (number::FLOATS, Field::Bytes(bytes)) => floats = bytes,
            (number::INTEGERS, field) => numbers(field, &mut integers)?,
            (number::TENSOR_NAME, Field::Bytes(bytes)) => name = str::from_utf8(bytes)?,
            (number::RAW, Field::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    // An integer is stored as the lowest byte of a number, or as a byte.
    let bytes = integers.into_iter().map(|integer| integer.to_le_bytes()[0]).chain(raw.iter().copied());
    let values: Vec<f32> = match kind {
        number::FLOAT => [floats, raw].concat().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        number::UNSIGNED => bytes.map(f32::from).collect(),
        number::SIGNED => bytes.map(|byte| f32::from(byte.cast_signed())).collect(),
        _ => return Ok(None),
    };
    let dimensions = dimensions.into_iter().map(usize::try_from).collect::<Result<Vec<_>, _>>()?;
    if dimensions.iter().product::<usize>() != values.len() {
        return Err(format!("{name} has another number of values").into());
    }
    Ok(Some((name.to_owned(), Tensor { dimensions, values })))
}

/// Appends the numbers of a field, which has one or a row of them.
fn numbers(field: Field<'_>, all: &mut Vec<u64>) -> Result<(), Box<dyn Error>> {
    match field {
        Field::Number(number) => all.push(number),
        Field::Bytes(mut bytes) => {
            while !bytes.is_empty() {
                all.push(variable(&mut bytes)?);
            }
        }
    }
    Ok(())
}

/// Returns the fields of a message with their numbers. A number of 4 or 8 bytes is given as its bytes.
fn fields(mut message: &[u8]) -> Result<Vec<(u64, Field<'_>)>, Box<dyn Error>> {
    let mut all = Vec::new();
    while !message.is_empty() {
        let key = variable(&mut message)?;
        let length = match key & 7 {
            0 => {
                all.push((key >> 3, Field::Number(variable(&mut message)?)));
                continue;
            }
            1 => 8,
            2 => usize::try_from(variable(&mut message)?)?,
            5 => 4,
            _ => return Err("a field has an unknown kind".into()),
        };
        let (bytes, rest) = message.split_at_checked(length).ok_or("a field ends after its message")?;
        all.push((key >> 3, Field::Bytes(bytes)));
        message = rest;
    }
    Ok(all)
}

/// Takes a number of 7 bits a byte, the lowest first.
fn variable(bytes: &mut &[u8]) -> Result<u64, Box<dyn Error>> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or("a number ends too early")?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err("a number has too many bytes".into())
}
