-- Other ways to ask the question, one in each line.
ALTER TABLE chunks ADD COLUMN alternatives TEXT NOT NULL DEFAULT '';
-- When the entry was loaded or changed last. Of earlier loads only the documents know the time.
ALTER TABLE chunks ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
UPDATE chunks SET updated_at = (
    SELECT created_at FROM documents
    WHERE documents.company_id = chunks.company_id AND documents.id = chunks.document_id
);
