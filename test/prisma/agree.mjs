// Proves that Prisma has nothing to do on a migrated database, named by DATABASE_URL, with the schema in AXISOR_SCHEMA.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { open } from './engine.mjs';

const prisma = await open(process.env.DATABASE_URL, readFileSync(process.env.AXISOR_SCHEMA, 'utf8'));
assert.equal((await prisma.differences()).trim(), '-- This is an empty migration.');
assert.equal((await prisma.push()).executedSteps, 0);
console.log('with the lines of axisor migrate prisma there is nothing to push');
process.exit(0);
