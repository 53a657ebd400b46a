DROP TABLE entry_vectors;
DROP TABLE jobs;
