// Bundles the browser code and the styles of every face into hashed files, and writes the
// manifest that web/shared/assets.py reads:
//   {entry: {file, integrity, imports: [file], lazy: [file]}}
//
// An entry is a file lying directly in one of these folders; what lies deeper is a module of it.
//   web/<face>/assets/<name>.ts(x)        -> "<face>/<name>"
//   web/<face>/styles/<name>.scss         -> "<face>/<name>.css"   (a leading _ marks a partial)
//   web/shared/assets/entries/<name>.ts   -> "shared/<name>"       (the rest of shared is modules)
//
// Started by tools/build_assets.py:  node web/build.mjs <out folder> [--watch]
import * as esbuild from 'esbuild';
import * as sass from 'sass';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {brotliCompressSync, constants, gzipSync} from 'node:zlib';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const out = resolve(process.argv[2] ?? join(root, 'web/static/dist'));
const watch = process.argv.includes('--watch');
const FACES = ['citizen', 'terminal', 'console', 'wall'];

const digest = bytes => createHash('sha384').update(bytes).digest();
const integrity = bytes => 'sha384-' + digest(bytes).toString('base64');

/** Files directly in `folder` that match, as [name without ending, absolute path]. */
function entries(folder, pattern) {
  const at = join(root, folder);
  if (!existsSync(at)) return [];
  return readdirSync(at).flatMap(file => {
    const found = pattern.exec(file);
    return found ? [[found[1], join(at, file)]] : [];
  });
}

const SCRIPT = /^([a-z][a-z0-9_-]*)\.tsx?$/;
const STYLE = /^([a-z][a-z0-9_-]*)\.scss$/;
const entryPoints = Object.fromEntries([
  ...entries('web/shared/assets/entries', SCRIPT).map(([name, path]) => [`shared/${name}`, path]),
  ...FACES.flatMap(face => entries(`web/${face}/assets`, SCRIPT).map(([name, path]) => [`${face}/${name}`, path])),
  ...['shared', ...FACES].flatMap(face => entries(`web/${face}/styles`, STYLE).map(([name, path]) => [`${face}/${name}.css`, path])),
]);
const keyOf = Object.fromEntries(Object.entries(entryPoints).map(([key, path]) => [relative(root, path), key]));
const points = Object.entries(entryPoints).map(([key, path]) => ({in: path, out: key.replace(/\.css$/, '')}));

/** Pre-compressed siblings: aiohttp's FileResponse picks them by Accept-Encoding. */
function compress(path, bytes, quality) {
  writeFileSync(path + '.gz', gzipSync(bytes, {level: 9}));
  writeFileSync(path + '.br', brotliCompressSync(bytes, {params: {[constants.BROTLI_PARAM_QUALITY]: quality}}));
}

/** The QR reader's WebAssembly is fetched by name at run time, so it is copied, not bundled. */
function wasm() {
  const bytes = readFileSync(join(root, 'node_modules/zxing-wasm/dist/reader/zxing_reader.wasm'));
  const file = `zxing_reader-${digest(bytes).toString('hex').slice(0, 8)}.wasm`;
  writeFileSync(join(out, file), bytes);
  if (!watch) compress(join(out, file), bytes, 9);
  return {'zxing_reader.wasm': {file, integrity: integrity(bytes), imports: [], lazy: []}};
}

const styles = {
  name: 'scss',
  setup(build) {
    build.onLoad({filter: /\.scss$/}, ({path}) => {
      const result = sass.compile(path, {
        style: 'compressed',
        quietDeps: true,
        loadPaths: [join(root, 'web'), join(root, 'node_modules')],
      });
      return {contents: result.css, loader: 'css', watchFiles: result.loadedUrls.map(url => fileURLToPath(url))};
    });
  },
};

const manifest = {
  name: 'manifest',
  setup(build) {
    build.onEnd(({metafile}) => {
      if (!metafile) return;
      const inside = path => relative(out, resolve(root, path));
      const found = wasm();
      for (const [path, output] of Object.entries(metafile.outputs)) {
        if (path.endsWith('.map') || path.endsWith('.txt')) continue;
        const bytes = readFileSync(resolve(root, path));
        const imported = kind => output.imports.filter(one => one.kind === kind && !one.external).map(one => inside(one.path));
        found[(output.entryPoint && keyOf[output.entryPoint]) ?? `chunk:${inside(path)}`] = {
          file: inside(path),
          integrity: integrity(bytes),
          imports: imported('import-statement'),
          lazy: imported('dynamic-import'),
        };
        if (!watch) compress(resolve(root, path), bytes, 11);
      }
      // Written beside and renamed, so that a server in development mode never reads half of it.
      writeFileSync(join(out, 'manifest.new'), JSON.stringify(found, null, 1));
      renameSync(join(out, 'manifest.new'), join(out, 'manifest.json'));
      console.log(`browser assets: ${Object.keys(found).length} files`);
    });
  },
};

mkdirSync(out, {recursive: true});
const options = {
  absWorkingDir: root,
  entryPoints: points,
  outdir: out,
  bundle: true,
  splitting: true,
  format: 'esm',
  minify: !watch,
  sourcemap: watch ? 'inline' : false,
  target: ['chrome120', 'firefox128', 'safari16.4'],
  entryNames: '[dir]/[name]-[hash]',
  chunkNames: 'chunk-[hash]',
  assetNames: '[name]-[hash]',
  legalComments: 'linked',
  metafile: true,
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: {'.woff2': 'file', '.svg': 'file'},
  plugins: [styles, manifest],
  logLevel: 'warning',
};
if (watch) await (await esbuild.context(options)).watch();
else await esbuild.build(options);
