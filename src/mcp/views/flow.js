/* Draws one flow from `get_flow`'s structured content. Speaks to its host as MCP Apps 2026-01-26 has it. */
(() => {
  const node = { width: 192, height: 68 };
  const narrow = 560;
  /** From so many tasks on, what is done and leads only to what is done is folded away. */
  const foldFrom = 25;
  /** The library's time grows with the square of tasks and lines; beyond this a simpler layout serves. */
  const largest = 120;
  const at = (id) => document.getElementById(id);

  // The host: JSON-RPC 2.0 by postMessage.
  const waiting = new Map();
  let asked = 0;
  const post = (message) => parent.postMessage({ jsonrpc: '2.0', ...message }, '*');
  const request = (method, params) =>
    new Promise((resolve, reject) => {
      asked += 1;
      waiting.set(asked, { resolve, reject });
      post({ id: asked, method, params });
    });
  const notify = (method, params = {}) => post({ method, params });

  const state = { facts: null, all: false, links: false, tools: false };

  addEventListener('message', ({ source, data }) => {
    if (source !== parent || data?.jsonrpc !== '2.0') return;
    if (data.method === undefined) {
      const answer = waiting.get(data.id);
      waiting.delete(data.id);
      if (data.error) answer?.reject(new Error(data.error.message));
      else answer?.resolve(data.result);
      return;
    }
    const { params } = data;
    switch (data.method) {
      case 'ui/notifications/tool-result':
        return show(params);
      case 'ui/notifications/tool-cancelled':
        return say('The request was stopped.');
      case 'ui/notifications/host-context-changed':
        return applyContext(params);
      case 'ui/resource-teardown':
      case 'ping':
        return post({ id: data.id, result: {} });
      default:
        if (data.id !== undefined) post({ id: data.id, error: { code: -32601, message: 'Not known here.' } });
    }
  });

  function applyContext(context) {
    if (context?.theme) document.documentElement.style.colorScheme = context.theme;
    const font = context?.styles?.variables?.['--font-sans'];
    if (font) document.documentElement.style.setProperty('--font', font);
  }

  function say(text) {
    at('message').textContent = text;
    at('message').hidden = false;
    at('flow').hidden = true;
  }

  function show(result) {
    const facts = result?.structuredContent;
    if (result?.isError || !Array.isArray(facts?.tasks)) {
      const told = result?.content?.find((c) => c.type === 'text')?.text;
      return say(told ?? 'There is no flow to show.');
    }
    state.facts = facts;
    draw();
  }

  const isResolved = (t) => t.status === 'COMPLETED' || t.status === 'SKIPPED';
  const whom = (a) => (a === null ? 'nobody yet' : a.kind === 'external' ? `client ${a.name}` : a.name);

  function headingOf({ name, status, tasks }) {
    switch (status) {
      case 'DRAFT':
        return `${name} has not started`;
      case 'PAUSED':
        return `${name} is paused`;
      case 'COMPLETED':
        return `${name} is completed`;
      case 'CANCELLED':
        return `${name} is cancelled`;
    }
    const ready = tasks.filter((t) => t.status === 'READY');
    const late = ready.filter((t) => t.overdue);
    const people = [...new Set((late.length > 0 ? late : ready).map((t) => whom(t.assignee)))];
    const more = people.length > 2 ? ` and ${people.length - 2} more` : '';
    return people.length === 0
      ? name
      : `${name} waits on ${people.slice(0, 2).join(more === '' ? ' and ' : ', ')}${more}`;
  }

  const dayMs = 86_400_000;
  const shortDay = (iso, zone) =>
    new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone: zone })
      .format(new Date(iso))
      .replace(',', '');

  function noteOf(t, { status, timeZone = 'UTC' }) {
    if (t.status === 'COMPLETED') return t.doneBy === null ? 'Completed' : `by ${t.doneBy}`;
    if (t.status === 'SKIPPED') return 'Skipped';
    if (t.status === 'CANCELLED') return 'Cancelled';
    if (t.status === 'BLOCKED') return '';
    if (t.dueAt === null || status !== 'ACTIVE') return whom(t.assignee);
    const nobody = t.assignee === null ? ', with nobody yet' : '';
    if (!t.overdue) return `Due ${shortDay(t.dueAt, timeZone)}${nobody}`;
    const days = Math.max(1, Math.ceil((Date.now() - Date.parse(t.dueAt)) / dayMs));
    return `${days} ${days === 1 ? 'day' : 'days'} late${nobody}`;
  }

  function shown(tasks) {
    if (state.all || tasks.length < foldFrom) return tasks;
    const leadsOn = new Set(tasks.filter((t) => !isResolved(t)).flatMap((t) => t.dependsOn));
    return tasks.filter((t) => !isResolved(t) || leadsOn.has(t.id));
  }

  function layOut(tasks, direction) {
    const graph = new dagre.graphlib.Graph();
    graph.setGraph({ rankdir: direction, nodesep: 16, ranksep: 36, marginx: 12, marginy: 12 });
    graph.setDefaultEdgeLabel(() => ({}));
    const known = new Set(tasks.map((t) => t.id));
    for (const t of tasks) graph.setNode(t.id, { ...node });
    for (const t of tasks) for (const before of t.dependsOn) if (known.has(before)) graph.setEdge(before, t.id);
    if (graph.nodeCount() + graph.edgeCount() > largest) layOutLarge(graph, tasks, direction);
    else dagre.layout(graph);
    return graph;
  }

  /** In layers by the longest way from a start, each in the order of what it comes after. */
  function layOutLarge(graph, tasks, direction) {
    const byId = new Map(tasks.map((t) => [t.id, t]));
    const ranks = new Map();
    const rankOf = (id) => {
      const known = ranks.get(id);
      if (known !== undefined) return known;
      // Deep chains have at most 500 tasks, which a stack takes.
      const rank =
        1 +
        Math.max(
          -1,
          ...byId
            .get(id)
            .dependsOn.filter((d) => byId.has(d))
            .map(rankOf),
        );
      ranks.set(id, rank);
      return rank;
    };
    const rows = [];
    for (const t of tasks) {
      const rank = rankOf(t.id);
      rows[rank] = [...(rows[rank] ?? []), t];
    }
    const index = new Map();
    for (const row of rows) {
      const wish = (t) => {
        const places = t.dependsOn.flatMap((d) => index.get(d) ?? []);
        return places.length === 0 ? 0 : places.reduce((a, b) => a + b, 0) / places.length;
      };
      row.sort((a, b) => wish(a) - wish(b));
      for (const [i, t] of row.entries()) index.set(t.id, i - row.length / 2);
    }
    const [along, across] =
      direction === 'LR' ? [node.width + 36, node.height + 16] : [node.height + 36, node.width + 16];
    const most = Math.max(...rows.map((r) => r.length));
    rows.forEach((row, rank) => {
      row.forEach((t, i) => {
        const a = 12 + rank * along + (along - 36) / 2;
        const b = 12 + ((most - row.length) / 2 + i) * across + (across - 16) / 2;
        Object.assign(graph.node(t.id), direction === 'LR' ? { x: a, y: b } : { x: b, y: a });
      });
    });
    const [length, breadth] = [24 + rows.length * along - 36, 24 + most * across - 16];
    Object.assign(
      graph.graph(),
      direction === 'LR' ? { width: length, height: breadth } : { width: breadth, height: length },
    );
  }

  function curve(points, direction) {
    let from = points[0];
    let path = `M${from.x} ${from.y}`;
    for (const to of points.slice(1)) {
      const x = (from.x + to.x) / 2;
      const y = (from.y + to.y) / 2;
      path +=
        direction === 'LR'
          ? `C${x} ${from.y} ${x} ${to.y} ${to.x} ${to.y}`
          : `C${from.x} ${y} ${to.x} ${y} ${to.x} ${to.y}`;
      from = to;
    }
    return path;
  }

  const svg = (name) => document.createElementNS('http://www.w3.org/2000/svg', name);
  const words = {
    ...{ READY: 'Ready', BLOCKED: 'Blocked', COMPLETED: 'Completed', REJECTED: 'Rejected', SKIPPED: 'Skipped' },
    ...{ CANCELLED: 'Cancelled', OVERDUE: 'Overdue' },
  };

  function icon(status) {
    const box = svg('svg');
    box.setAttribute('class', 'icon');
    box.setAttribute('role', 'img');
    box.setAttribute('aria-label', words[status]);
    const use = svg('use');
    use.setAttribute('href', `#${status === 'CANCELLED' ? 'SKIPPED' : status}`);
    box.append(use);
    return box;
  }

  function element(name, className, text) {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }

  const initials = (name) =>
    name
      .split(/\s+/)
      .slice(0, 2)
      .map((w) => w.charAt(0).toUpperCase())
      .join('');

  function itemOf(t, facts, place) {
    const looks = t.overdue ? 'OVERDUE' : t.status;
    const item = document.createElement('li');
    item.className = looks;
    item.style.left = `${place.x - node.width / 2}px`;
    item.style.top = `${place.y - node.height / 2}px`;
    item.style.width = `${node.width}px`;
    item.style.height = `${node.height}px`;
    const what = element('span', 'what', '');
    const title = element('b', '', t.title);
    title.title = t.title;
    what.append(title, element('span', 'note', noteOf(t, facts)));
    item.append(icon(looks), what);
    if (t.assignee !== null && !isResolved(t)) {
      const face = element('span', t.assignee.kind === 'external' ? 'face ext' : 'face', initials(t.assignee.name));
      face.title = whom(t.assignee);
      face.setAttribute('role', 'img');
      face.setAttribute('aria-label', `with ${whom(t.assignee)}`);
      item.append(face);
    }
    return item;
  }

  function draw() {
    const { facts } = state;
    if (facts === null) return;
    at('message').hidden = true;
    at('flow').hidden = false;
    at('heading').textContent = headingOf(facts);
    const { percent, done, counting } = facts.progress;
    at('status').textContent = facts.status === 'ACTIVE' ? `${percent}%` : facts.status;
    at('status').className = `chip ${facts.overdue > 0 ? 'late' : facts.status === 'COMPLETED' ? 'done' : 'brand'}`;
    at('fill').style.width = `${percent}%`;
    at('bar').setAttribute('aria-valuenow', String(percent));
    at('progress').textContent =
      `${done} of ${counting} tasks done${facts.overdue > 0 ? `, ${facts.overdue} overdue` : ''} · from ${facts.template.name}`;
    at('age').textContent =
      facts.asOf === null
        ? ''
        : `As of ${new Date(facts.asOf).toLocaleString('en-GB', { timeZone: facts.timeZone ?? 'UTC' })}`;
    const tasks = shown(facts.tasks);
    const hidden = facts.tasks.length - tasks.length;
    at('all').hidden = hidden === 0 && !state.all;
    at('all').textContent = state.all ? 'Fold what is done' : `Show ${hidden} more that are done`;
    at('refresh').hidden = !state.tools;
    at('open').hidden = !state.links;
    place(tasks, facts);
  }

  function place(tasks, facts) {
    const direction = innerWidth < narrow ? 'TB' : 'LR';
    const graph = layOut(tasks, direction);
    const { width = 0, height = 0 } = graph.graph();
    const [dx, dy] = direction === 'LR' ? [node.width / 2, 0] : [0, node.height / 2];
    const resolved = new Set(tasks.filter(isResolved).map((t) => t.id));
    const paths = graph.edges().map((e) => {
      const [from, to] = [graph.node(e.v), graph.node(e.w)];
      // Straight through the layers it passes; the points between two layers would only make it swing out.
      const between = (graph.edge(e).points ?? [])
        .filter((_, i, { length }) => i > 0 && i < length - 1 && i % 2 === 0)
        .flatMap(({ x, y }) => [
          { x: x - dx, y: y - dy },
          { x: x + dx, y: y + dy },
        ]);
      const path = svg('path');
      path.setAttribute(
        'd',
        curve([{ x: from.x + dx, y: from.y + dy }, ...between, { x: to.x - dx, y: to.y - dy }], direction),
      );
      if (resolved.has(e.v)) path.setAttribute('class', 'done');
      return path;
    });
    at('canvas').style.width = `${width}px`;
    at('canvas').style.height = `${height}px`;
    at('edges').setAttribute('width', String(width));
    at('edges').setAttribute('height', String(height));
    at('edges').replaceChildren(...paths);
    at('tasks').replaceChildren(...tasks.map((t) => itemOf(t, facts, graph.node(t.id))));
    // What is to be done now is seen first.
    const first = tasks.find((t) => t.overdue) ?? tasks.find((t) => t.status === 'READY');
    if (first === undefined) return;
    const { x, y } = graph.node(first.id);
    at('graph').scrollTo(x - at('graph').clientWidth / 2, y - at('graph').clientHeight / 2);
  }

  at('all').addEventListener('click', () => {
    state.all = !state.all;
    draw();
  });
  at('open').addEventListener('click', () => {
    const url = `${document.body.dataset.home}/flows/${encodeURIComponent(state.facts.id)}`;
    request('ui/open-link', { url }).catch((error) => {
      at('age').textContent = `It could not be opened: ${error.message}`;
    });
  });
  at('refresh').addEventListener('click', async () => {
    at('refresh').disabled = true;
    try {
      show(await request('tools/call', { name: 'get_flow', arguments: { flow: state.facts.id } }));
    } catch (error) {
      at('age').textContent = `It could not be refreshed: ${error.message}`;
    }
    at('refresh').disabled = false;
  });

  let wasNarrow = innerWidth < narrow;
  addEventListener('resize', () => {
    if (innerWidth < narrow === wasNarrow) return;
    wasNarrow = innerWidth < narrow;
    draw();
  });
  new ResizeObserver(() => {
    const { height } = document.querySelector('main').getBoundingClientRect();
    notify('ui/notifications/size-changed', { width: innerWidth, height: Math.ceil(height) });
  }).observe(document.querySelector('main'));

  request('ui/initialize', {
    protocolVersion: '2026-01-26',
    appInfo: { name: 'booflow-flow', title: 'Booflow', version: '1.0.0' },
    appCapabilities: { availableDisplayModes: ['inline', 'fullscreen'] },
  })
    .then(({ hostCapabilities, hostContext }) => {
      state.links = hostCapabilities?.openLinks !== undefined;
      state.tools = hostCapabilities?.serverTools !== undefined;
      applyContext(hostContext);
      notify('ui/notifications/initialized');
      draw();
    })
    .catch((error) => say(`This host can't show the flow: ${error.message}`));
})();
