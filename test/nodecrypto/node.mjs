// Reads one request as JSON on stdin and answers as JSON on stdout: {"seal":…} or {"open":…} per format, done the way
// the platform's own code does it. v2.mjs is cut out of the documentation by the test.
import crypto from 'node:crypto';
import { readFileSync } from 'node:fs';
import { v2 } from './v2.mjs';

const { key, values } = JSON.parse(readFileSync(0, 'utf8'));
const derived = crypto.scryptSync(key, 'salt', 32);
const ours = v2(key);
const hex = (...parts) => parts.map((b) => b.toString('hex')).join(':');

const formats = {
  seed: {
    seal(_, plain) {
      const iv = crypto.randomBytes(16);
      const c = crypto.createCipheriv('aes-256-gcm', derived, iv);
      c.setAAD(Buffer.from('axisor'));
      const body = Buffer.concat([c.update(plain, 'utf8'), c.final()]);
      return hex(iv, c.getAuthTag(), body);
    },
    open(_, text) {
      const [iv, tag, body] = text.split(':').map((p) => Buffer.from(p, 'hex'));
      const d = crypto.createDecipheriv('aes-256-gcm', derived, iv);
      d.setAAD(Buffer.from('axisor'));
      d.setAuthTag(tag);
      return Buffer.concat([d.update(body), d.final()]).toString('utf8');
    },
  },
  'seed-literal': {
    seal(_, plain) {
      const c = crypto.createCipher('aes-256-gcm', derived);
      c.setAAD(Buffer.from('axisor'));
      const body = Buffer.concat([c.update(plain, 'utf8'), c.final()]);
      return hex(crypto.randomBytes(16), c.getAuthTag(), body);
    },
  },
  'app-cbc': {
    seal(_, plain) {
      const iv = crypto.randomBytes(16);
      const c = crypto.createCipheriv('aes-256-cbc', derived, iv);
      return hex(iv, Buffer.concat([c.update(plain, 'utf8'), c.final()]));
    },
    open(_, text) {
      const [iv, body] = text.split(':').map((p) => Buffer.from(p, 'hex'));
      const d = crypto.createDecipheriv('aes-256-cbc', derived, iv);
      return Buffer.concat([d.update(body), d.final()]).toString('utf8');
    },
  },
  v2: { seal: ours.seal, open: ours.open },
};

const at = ({ table, row, user, field }) => ({ table, row, user, field });
const out = values.map((v) => {
  try {
    const f = formats[v.format];
    return v.text === undefined ? { text: f.seal(at(v), v.plain) } : { plain: f.open(at(v), v.text) };
  } catch (e) {
    return { error: e.message };
  }
});
process.stdout.write(JSON.stringify(out));
