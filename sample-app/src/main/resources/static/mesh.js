'use strict';

const EVERY = 2000;

const EVENTS = 50;

const byId = (id) => document.getElementById(id);

// What was shown last, to tell what has changed. Answers count from the opening of the page.
const seen = { services: new Map(), calls: 0, failed: 0, reachable: true, stream: null, books: null };

let changesAllowed = false;

let busy = false;

function element(name, text, className) {
	const node = document.createElement(name);
	if (text !== undefined) {
		node.textContent = text;
	}
	if (className) {
		node.className = className;
	}
	return node;
}

// A SPIFFE ID breaks best between the trust domain and the path.
function code(spiffeId) {
	const path = spiffeId.indexOf('/', 'spiffe://'.length);
	const node = element('code', spiffeId.slice(0, path));
	node.append(element('wbr'), spiffeId.slice(path));
	return node;
}

function remaining(until) {
	const minutes = Math.floor((new Date(until) - Date.now()) / 60000);
	if (minutes < 0) {
		return 'over';
	}
	const hours = Math.floor(minutes / 60);
	return hours > 0 ? `in ${hours} h ${minutes % 60} min` : `in ${minutes} min`;
}

function note(text, className) {
	const none = byId('no-events');
	if (none) {
		none.remove();
	}
	const line = element('li', undefined, className);
	const time = element('time', new Date().toLocaleTimeString());
	time.dateTime = new Date().toISOString();
	line.append(time, text);
	const events = byId('events');
	events.prepend(line);
	while (events.children.length > EVENTS) {
		events.lastElementChild.remove();
	}
}

function noteService(service) {
	const before = seen.services.get(service.name);
	const now = service.member ? service.member.generation : null;
	if (before !== undefined && before !== now) {
		if (now === null) {
			note(`${service.name} does not answer: ${service.problem}`, 'bad');
		}
		else if (before === null) {
			note(`${service.name} answers`, 'good');
		}
		else {
			note(`${service.name} has generation ${now} of its identity`);
		}
	}
	seen.services.set(service.name, now);
}

function serviceRow(service) {
	const row = element('tr');
	const name = element('th', service.name);
	name.scope = 'row';
	row.append(name);
	if (!service.member) {
		const problem = element('td', `Does not answer: ${service.problem}`, 'bad');
		problem.colSpan = 4;
		row.append(problem);
		return row;
	}
	const member = service.member;
	const id = element('td');
	id.append(code(member.spiffeId));
	const ends = element('td', undefined, 'when');
	ends.append(element('span', remaining(member.notAfter)),
			element('span', new Date(member.notAfter).toLocaleString(), 'quiet'));
	const health = element('td');
	if (member.health) {
		const link = element('a', 'health');
		link.href = member.health;
		link.setAttribute('aria-label', `Health of ${service.name}`);
		health.append(link);
	}
	row.append(id, ends, element('td', String(member.generation), 'number'), health);
	return row;
}

function facts(...pairs) {
	const list = element('dl');
	pairs.forEach(([name, value]) => {
		const text = element('dd');
		text.append(value);
		list.append(element('dt', name), text);
	});
	return list;
}

function hopItem(hop) {
	const item = element('li');
	item.append(element('h3', hop.service), element('p', hop.answer), facts(['I am', code(hop.spiffeId)],
			['I saw', hop.caller ? code(hop.caller) : 'a browser, over plain HTTP on loopback']));
	if (hop.problem) {
		item.className = 'broken';
		item.append(element('p', `The next service did not answer: ${hop.problem}`, 'bad'));
	}
	return item;
}

function showCall(call) {
	const items = [];
	for (let hop = call.way; hop; hop = hop.next) {
		items.push(hopItem(hop));
	}
	byId('hops').replaceChildren(...items);
	seen.calls += 1;
	if (!call.complete) {
		seen.failed += 1;
	}
	const result = byId('call-result');
	result.className = call.complete ? 'quiet' : 'bad';
	result.textContent = `${call.complete ? 'Arrived' : 'Did not arrive'}, ${call.millis} ms. `
			+ `Calls since the page was opened: ${seen.calls}, failed: ${seen.failed}.`;
}

function showStream(stream) {
	const text = byId('stream');
	const since = stream.since ? ` since ${new Date(stream.since).toLocaleTimeString()}` : '';
	text.textContent = stream.alive ? `Alive${since}.` : `Cut${since}: ${stream.problem}`;
	text.className = stream.alive ? 'good' : 'bad';
	if (seen.stream !== null && seen.stream !== stream.alive) {
		note(stream.alive ? 'The stream from the inventory is open' : `The stream from the inventory is cut: ${stream.problem}`,
				stream.alive ? 'good' : 'bad');
	}
	seen.stream = stream.alive;
}

function bytes(count) {
	return count < 1024 ? `${count} bytes` : `${(count / 1024).toFixed(1)} KB`;
}

function endOfWay(name, words, listener, ...more) {
	const item = element('li');
	item.append(element('h3', name), element('p', words));
	if (!listener) {
		item.append(element('p', 'Nothing is known of it now.', 'bad'));
		return item;
	}
	const refused = Object.entries(listener.failures).map(([reason, count]) => `${reason}: ${count}`).join(', ');
	item.append(facts(['Listens on', element('code', listener.address)], ...more,
			['Connections', `${listener.connections} open`],
			['In, out', `${bytes(listener.received)}, ${bytes(listener.sent)}`],
			['Failed', refused || 'none']));
	return item;
}

function showLedger(ledger, services) {
	const books = ledger.storefront;
	const since = books.since ? ` since ${new Date(books.since).toLocaleTimeString()}` : '';
	const text = byId('bookkeeping');
	// The number stands apart: read out each time, it would drown the rest.
	text.textContent = books.alive ? `Booked${since}.` : `Not booked${since}: ${books.problem}`;
	text.className = books.alive ? 'good' : 'bad';
	const storefront = services.find((service) => service.name === 'storefront').member;
	const here = endOfWay('storefront', 'An upstream: the JDBC driver connects to it.', books.upstream,
			['Connects as', storefront ? code(storefront.spiffeId) : 'not known now'],
			['Entries booked', `${books.entries}`]);
	if (!books.alive) {
		here.className = 'broken';
	}
	byId('ledger').replaceChildren(here, endOfWay('ledger', 'A public listener: it lets in whom the intentions allow.',
			ledger.publicListener, ['Leads to H2 on', element('code', ledger.server)]));
	if (seen.books !== null && seen.books !== books.alive) {
		note(books.alive ? 'The ledger has the storefront\'s entries again' : `The storefront cannot book: ${books.problem}`,
				books.alive ? 'good' : 'bad');
	}
	seen.books = books.alive;
}

function ruleRow(rule) {
	const row = element('tr');
	const remove = element('button', 'Remove');
	remove.type = 'button';
	remove.className = 'change';
	remove.setAttribute('aria-label', `Remove the intention from ${rule.source} to ${rule.destination}`);
	remove.addEventListener('click', () => act(byId('write'), byId('intention-result'), async () => {
		const pair = new URLSearchParams({ source: rule.source, destination: rule.destination });
		return [(await send('DELETE', `api/intentions?${pair}`)).message, 'good'];
	}));
	const last = element('td');
	last.append(remove);
	row.append(element('td', rule.source), element('td', rule.destination),
			element('td', rule.action || `${rule.permissions} permissions decide each request`,
					rule.action === 'deny' ? 'bad' : undefined), last);
	return row;
}

// Only what changed is drawn again, or a button would lose the focus each time.
function showIntentions(intentions) {
	const now = JSON.stringify(intentions);
	if (seen.intentions === now) {
		return;
	}
	seen.intentions = now;
	byId('intentions').replaceChildren(...intentions.rules.map(ruleRow));
	byId('no-intentions').textContent = intentions.problem ? `They cannot be read: ${intentions.problem}`
			: (intentions.rules.length > 0 ? '' : 'There are none.');
}

function explained(explanation) {
	if (!explanation) {
		return 'The service that was called says nothing about it.';
	}
	return typeof explanation.text === 'string' ? explanation.text : JSON.stringify(explanation, null, 2);
}

function showFailure(failure) {
	byId('failure').hidden = !failure;
	if (failure) {
		const what = failure.request ? `${failure.request.method} ${failure.request.path}` : 'a connection';
		byId('failed-request').textContent = `What ${failure.destination} says of ${what} from ${failure.source}:`;
		byId('explanation').textContent = explained(failure.explanation);
	}
}

function show(mesh) {
	changesAllowed = mesh.consul.changesAllowed;
	byId('consul').textContent = mesh.consul.development
			? `Consul: the development Consul at ${mesh.consul.url}. It is for development only.`
			: `Consul: ${mesh.consul.url}`;
	byId('hint').hidden = changesAllowed;
	byId('hint').textContent = 'Rotating the CA and writing intentions of a real Consul is off. Start with --sample.allow-changes=true to allow it.';
	mesh.services.forEach(noteService);
	byId('services').replaceChildren(...mesh.services.map(serviceRow));
	showCall(mesh.call);
	showStream(mesh.stream);
	showLedger(mesh.ledger, mesh.services);
	showIntentions(mesh.intentions);
	showFailure(mesh.failure);
	enableButtons();
}

function enableButtons() {
	byId('rotate').disabled = busy || !seen.reachable || !changesAllowed;
	byId('uninvited').disabled = busy || !seen.reachable;
	byId('write').disabled = busy || !seen.reachable || !changesAllowed;
	document.querySelectorAll('button.change').forEach((button) => {
		button.disabled = busy || !seen.reachable || !changesAllowed;
	});
}

async function json(response) {
	const body = await response.json();
	if (!response.ok) {
		throw new Error(body.message || `status ${response.status}`);
	}
	return body;
}

async function refresh() {
	try {
		show(await json(await fetch('api/mesh')));
		if (!seen.reachable) {
			seen.reachable = true;
			note('The edge answers again', 'good');
			enableButtons();
		}
	}
	catch (error) {
		if (seen.reachable) {
			seen.reachable = false;
			byId('consul').textContent = 'The edge does not answer; what stands below is old.';
			note(`The edge does not answer: ${error.message}`, 'bad');
			enableButtons();
		}
	}
}

async function live() {
	await refresh();
	setTimeout(live, EVERY);
}

async function send(method, path, body) {
	// Asked for each time: a restarted edge has another token.
	const csrf = await json(await fetch('api/csrf'));
	const headers = { [csrf.header]: csrf.token };
	if (body) {
		headers['Content-Type'] = 'application/json';
	}
	return json(await fetch(path, { method, headers, body: body && JSON.stringify(body) }));
}

async function act(button, result, action) {
	busy = true;
	enableButtons();
	result.className = 'quiet';
	result.textContent = 'Working.';
	try {
		const [text, className] = await action();
		result.textContent = text;
		result.className = className;
		note(text, className);
	}
	catch (error) {
		result.textContent = `That did not work: ${error.message}`;
		result.className = 'bad';
	}
	busy = false;
	enableButtons();
	// A button that is disabled loses the focus.
	if (document.activeElement === document.body) {
		button.focus();
	}
}

byId('rotate').addEventListener('click', (event) => act(event.currentTarget, byId('result'), async () => {
	const done = await send('POST', 'api/rotation');
	return [done.message, 'good'];
}));

byId('uninvited').addEventListener('click', (event) => act(event.currentTarget, byId('result'), async () => {
	const outcome = await send('POST', 'api/uninvited-call');
	return outcome.refused
			? [`Refused, as it must be. ${outcome.address} closed the connection: ${outcome.detail}`, 'good']
			: [`Not refused. ${outcome.address} ${outcome.detail}`, 'bad'];
}));

byId('intention').addEventListener('submit', (event) => {
	event.preventDefault();
	act(byId('write'), byId('intention-result'), async () => {
		const wanted = { source: byId('source').value, destination: byId('destination').value, action: byId('action').value };
		return [(await send('POST', 'api/intentions', wanted)).message, 'good'];
	});
});

live();
