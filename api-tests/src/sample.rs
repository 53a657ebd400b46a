//! Sample knowledge and files.

use serde_json::{Value, json};

/// Returns a small FAQ of a bicycle shop with two sections and five questions.
pub fn bicycle_faq() -> Value {
    json!({"shop": {
        "Renting": [
            {"question": "How much does it cost to rent a bicycle for a day?",
             "answer": "A city bicycle is 25 euros a day; an electric one is 40 euros.",
             "document": "Price list", "page": 2, "chunk_id": "rent_001"},
            {"question": "Do I need to leave a deposit?",
             "answer": "Yes, 100 euros by card, returned when the bicycle comes back.",
             "document": "Price list", "page": 3, "chunk_id": "rent_002"},
            {"question": "Can children ride in a trailer?",
             "answer": "Trailers carry two children up to 40 kilograms together.",
             "document": "Handbook", "chunk_id": "rent_003"}],
        "Repairs": [
            {"question": "How long does a puncture repair take?",
             "answer": "About twenty minutes while you wait.",
             "document": "Handbook", "chunk_id": "repair_001"},
            {"question": "Do you repair hydraulic brakes?",
             "answer": "Yes, bleeding hydraulic brakes takes one working day.",
             "document": "Handbook", "chunk_id": "repair_002"}]}})
}

/// The beginning of a PNG file, enough to be detected.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
