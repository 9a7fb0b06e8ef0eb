-- The mark of the folder that holds the volumes, apart from it; at most one row.
CREATE TABLE volumes_mark (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    mark     TEXT NOT NULL
);

-- MiB that a volume may hold, where that is limited; 0 is the default.
ALTER TABLE volumes ADD COLUMN size INTEGER NOT NULL DEFAULT 0;

-- The folder of the backup that a deployment of the kind restore puts back.
ALTER TABLE deployments ADD COLUMN backup TEXT NOT NULL DEFAULT '';
