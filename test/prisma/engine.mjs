// Prisma's own schema engine, in its WebAssembly form: the native one is a download from a host of
// Prisma's, this one comes with the npm package.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum, bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import pg from 'pg';

const CHAR = 18; // the oid of Postgres's internal type "char", which the catalogs use
const CHAR_ARRAY = 1002;

// adapter-pg refuses columns of type "char", and the engine reads them from the catalogs. They pass as
// arrays of that type, which adapter-pg knows, and are relabelled behind it. No query of the engine's has
// real ones.
function factory(url) {
  const pool = new pg.Pool({ connectionString: url });
  const query = pool.query.bind(pool);
  pool.query = async (...args) => {
    const result = await query(...args);
    for (const field of result.fields ?? []) {
      if (field.dataTypeID === CHAR) field.dataTypeID = CHAR_ARRAY;
    }
    return result;
  };
  const inner = new PrismaPg(pool);
  for (const method of ['connect', 'connectToShadowDb']) {
    const connect = inner[method].bind(inner);
    inner[method] = async () => {
      const adapter = await connect();
      const queryRaw = adapter.queryRaw.bind(adapter);
      adapter.queryRaw = async (q) => {
        const result = await queryRaw(q);
        result.columnTypes = result.columnTypes.map((t) =>
          t === ColumnTypeEnum.CharacterArray ? ColumnTypeEnum.Character : t);
        return result;
      };
      return adapter;
    };
  }
  return bindMigrationAwareSqlAdapterFactory(inner);
}

async function engine(url, schema) {
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => console.error(message) };
  // The package's own loader needs a bundler that imports .wasm files; this is what that would do.
  const require = createRequire(import.meta.url);
  const glue = await import(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
  const file = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/\.js$/, '.wasm');
  const module = new WebAssembly.Module(readFileSync(file));
  const instance = new WebAssembly.Instance(module, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue.SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, () => {}, factory(url));
}

// open returns what the proof asks Prisma: the SQL it makes from the schema, and the SQL that would turn
// the database into the schema.
export async function open(url, schema) {
  const e = await engine(url, schema);
  const files = [{ path: 'schema.prisma', content: schema }];
  const filters = { externalTables: [], externalEnums: [] };
  const diff = async (from) => (await e.diff({
    from, to: { tag: 'schemaDatamodel', files }, script: true, exitCode: null, filters,
  })).stdout;
  return {
    sql: () => diff({ tag: 'empty' }),
    differences: () => diff({ tag: 'schemaDatasource', files, configDir: '.' }),
    // prisma db push --accept-data-loss
    push: () => e.schemaPush({ force: true, schema: { files }, filters }),
    // prisma db pull
    pull: async () => (await e.introspect({
      schema: { files }, baseDirectoryPath: '.', force: true, compositeTypeDepth: -1, namespaces: null,
    })).schema.files.map((f) => f.content).join('\n'),
    // prisma migrate reset
    reset: () => e.reset({ filter: filters }),
  };
}
