/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.bootmesh.registration;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The part of an agent that holds registrations and TTL checks, with switches for what
 * goes wrong. A request that is held takes effect when it is released, even if nobody
 * waits for its answer any more.
 */
final class RegistryAgent implements AutoCloseable {

	private static final JsonMapper JSON = new JsonMapper();

	private final LoopResources loops = LoopResources.create("registry-agent", 1, true);

	private final Map<String, Entry> entries = new ConcurrentHashMap<>();

	private final Map<String, Map<String, String>> leftovers = new ConcurrentHashMap<>();

	private final List<String> log = new CopyOnWriteArrayList<>();

	private final Map<Call, Integer> faults = new ConcurrentHashMap<>();

	private final Map<Call, Sinks.Empty<Void>> holds = new ConcurrentHashMap<>();

	private final AtomicInteger looks = new AtomicInteger();

	private final AtomicReference<Call> releasedByLook = new AtomicReference<>();

	private final AtomicReference<Entry> intruder = new AtomicReference<>();

	private final DisposableServer server;

	RegistryAgent() {
		this.server = HttpServer.create().host("127.0.0.1").port(0).runOn(this.loops).handle(this::handle).bindNow();
	}

	URI url() {
		return URI.create("http://127.0.0.1:" + this.server.port());
	}

	@Nullable Entry entry(String id) {
		return this.entries.get(id);
	}

	/**
	 * What changed the agent, in order: "register" and "register passing" for the status
	 * that the check began with, "passing", "critical", "deregister".
	 */
	List<String> log() {
		return List.copyOf(this.log);
	}

	/** How often it was asked for the entry. */
	int looks() {
		return this.looks.get();
	}

	void put(Entry entry) {
		this.entries.put(entry.id(), entry);
	}

	/**
	 * Another takes the ID just before the next look. Not at any time: between a look and
	 * the update of the check that follows it, Consul cannot tell whose check is meant.
	 */
	void putBeforeNextLook(Entry entry) {
		this.intruder.set(entry);
	}

	/** A check of an instance that no registration replaces. */
	void putCheck(String id, String instance) {
		this.leftovers.put(id, Map.of("CheckID", id, "ServiceID", instance));
	}

	Set<String> leftovers() {
		return Set.copyOf(this.leftovers.keySet());
	}

	void forget() {
		this.entries.clear();
	}

	void forget(String id) {
		this.entries.remove(id);
	}

	void forgetCheck(String id) {
		this.entries.computeIfPresent(id, (key, entry) -> entry.with(null));
	}

	void fail(Call call, int status) {
		this.faults.put(call, status);
	}

	void heal() {
		this.faults.clear();
	}

	/** Holds what comes from now on, until released. */
	void hold(Call call) {
		this.holds.put(call, Sinks.empty());
	}

	boolean holds(Call call) {
		Sinks.Empty<Void> hold = this.holds.get(call);
		return hold != null && hold.currentSubscriberCount() > 0;
	}

	void release(Call call) {
		Sinks.Empty<Void> hold = this.holds.remove(call);
		if (hold != null) {
			hold.tryEmitEmpty();
		}
	}

	/** Releases what is held as soon as the next look has been answered. */
	void releaseAfterNextLook(Call call) {
		this.releasedByLook.set(call);
	}

	@Override
	public void close() {
		this.server.disposeNow();
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

	private Mono<Void> handle(HttpServerRequest request, HttpServerResponse response) {
		return request.receive().aggregate().asString().defaultIfEmpty("").flatMap((body) -> {
			String path = request.path();
			Call call = Call.of(path);
			Sinks.Empty<Void> hold = this.holds.get(call);
			Mono<Answer> answer = Mono
				.fromSupplier(() -> answer(call, path.substring(path.lastIndexOf('/') + 1), body));
			Mono<Answer> effect = ((hold != null) ? hold.asMono().then(answer) : answer).cache();
			effect.subscribe();
			return effect.flatMap((result) -> response.status(result.status())
				.header("Content-Type", result.body().startsWith("{") ? "application/json" : "text/plain")
				.sendString(Mono.just(result.body()))
				.then()
				.doOnSuccess((sent) -> answered(call)));
		});
	}

	private void answered(Call call) {
		Call released = (call == Call.LOOK) ? this.releasedByLook.getAndSet(null) : null;
		if (released != null) {
			release(released);
		}
	}

	private Answer answer(Call call, String id, String body) {
		if (call == Call.LOOK) {
			this.looks.incrementAndGet();
			Entry taker = this.intruder.getAndSet(null);
			if (taker != null) {
				put(taker);
			}
		}
		Integer fault = this.faults.get(call);
		if (fault != null) {
			return new Answer(fault, "scripted fault");
		}
		return switch (call) {
			case LOOK -> look(this.entries.get(id));
			case HEALTH -> health(this.entries.get(id));
			case REGISTER -> register(JSON.readTree(body));
			case DEREGISTER -> {
				this.log.add("deregister");
				this.entries.remove(id);
				this.entries.remove(id + "-sidecar-proxy");
				yield new Answer(200, "");
			}
			case CHECKS -> new Answer(200, JSON.writeValueAsString(this.leftovers));
			case DEREGISTER_CHECK -> {
				this.leftovers.remove(id);
				yield new Answer(200, "");
			}
			case UPDATE -> update(id, JSON.readTree(body).get("Status").asString());
		};
	}

	private static Answer look(@Nullable Entry entry) {
		return (entry != null)
				? new Answer(200,
						"{\"ID\":\"%s\",\"Service\":\"%s\",\"Address\":\"%s\",\"Port\":%d,\"Meta\":null}"
							.formatted(entry.id(), entry.service(), entry.address(), entry.port()))
				: new Answer(404, "unknown service ID");
	}

	private static Answer health(@Nullable Entry entry) {
		if (entry == null) {
			return new Answer(404, "ServiceId not found");
		}
		String status = (entry.check() != null) ? entry.check() : "passing";
		return new Answer(status.equals("passing") ? 200 : 503, "{\"AggregatedStatus\":\"" + status + "\"}");
	}

	private Answer register(JsonNode body) {
		String status = body.get("Check").path("Status").asString("critical");
		this.log.add(status.equals("critical") ? "register" : "register " + status);
		String id = body.get("ID").asString();
		this.entries.put(id, new Entry(id, body.get("Name").asString(), body.get("Address").asString(),
				body.get("Port").asInt(), status));
		JsonNode sidecar = body.at("/Connect/SidecarService");
		if (!sidecar.isMissingNode()) {
			this.entries.put(id + "-sidecar-proxy",
					new Entry(id + "-sidecar-proxy", body.get("Name").asString() + "-sidecar-proxy",
							sidecar.get("Address").asString(), sidecar.get("Port").asInt(), null));
		}
		return new Answer(200, "");
	}

	// As Consul before 1.11 answers.
	private Answer update(String checkId, String status) {
		Entry entry = this.entries.get(checkId.substring(checkId.indexOf(':') + 1).replace("service%3A", ""));
		if (entry == null || entry.check() == null) {
			return new Answer(500, "CheckID \"" + checkId + "\" does not have associated TTL");
		}
		this.log.add(status.toLowerCase(Locale.ROOT));
		this.entries.put(entry.id(), entry.with(status));
		return new Answer(200, "");
	}

	private record Answer(int status, String body) {

	}

	/**
	 * A registration.
	 *
	 * @param id the ID
	 * @param service the service
	 * @param address the address
	 * @param port the port
	 * @param check the status of its check, or {@code null} if it has none
	 */
	record Entry(String id, String service, String address, int port, @Nullable String check) {

		Entry with(@Nullable String check) {
			return new Entry(this.id, this.service, this.address, this.port, check);
		}

	}

	/**
	 * A kind of request.
	 */
	enum Call {

		LOOK, HEALTH, REGISTER, DEREGISTER, UPDATE, CHECKS, DEREGISTER_CHECK;

		static Call of(String path) {
			String text = "/" + path;
			return text.endsWith("/agent/checks") ? CHECKS
					: text.contains("/check/deregister/") ? DEREGISTER_CHECK
							: text.contains("/service/deregister/") ? DEREGISTER
									: text.contains("/service/register") ? REGISTER : text.contains("/check/update/")
											? UPDATE : text.contains("/health/service/id/") ? HEALTH : LOOK;
		}

	}

}
