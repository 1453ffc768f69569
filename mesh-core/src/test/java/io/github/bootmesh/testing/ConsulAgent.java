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

package io.github.bootmesh.testing;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;

import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;
import org.jspecify.annotations.Nullable;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A real Consul on loopback, server and agent in one process. Can be stopped, killed and
 * started again on the same ports with what it knew; only a {@link Options#dev() dev}
 * agent begins anew each time, with another CA and trust domain.
 */
public final class ConsulAgent implements AutoCloseable {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private static final int TRIES = 5;

	// Twice what an agent takes.
	private static final Duration RENEWAL = Duration.ofSeconds(60);

	private final Options options;

	private final List<Integer> ports;

	private final Path directory;

	private final HttpClient http = HttpClient.newHttpClient();

	private @Nullable PeerProcess process;

	private ConsulAgent(Options options) {
		this.options = options;
		this.ports = PeerProcess.freePorts(3);
		try {
			this.directory = Files.createTempDirectory("consul");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** An agent that allows everything. */
	public static ConsulAgent start() {
		return start((options) -> options);
	}

	/** An agent as wished, started and with a leader. */
	public static ConsulAgent start(UnaryOperator<Options> wishes) {
		Options options = wishes.apply(new Options());
		Path binary = Peers.consul();
		for (int left = TRIES; true; left--) {
			ConsulAgent agent = new ConsulAgent(options);
			try {
				agent.launch(binary);
				return agent;
			}
			catch (IllegalStateException ex) {
				agent.close();
				if (!isPortTaken(ex) || left == 1) {
					throw ex;
				}
			}
		}
	}

	public URI uri() {
		return URI.create("http://127.0.0.1:" + port());
	}

	public int port() {
		return this.ports.get(0);
	}

	/** The token that may do everything, {@code null} without ACLs. */
	public @Nullable String token() {
		return this.options.token;
	}

	/** A new token with what Consul grants to an instance of the services. */
	public String serviceToken(String... services) {
		List<Map<String, String>> identities = new ArrayList<>();
		for (String service : services) {
			identities.add(Map.of("ServiceName", service));
		}
		return put("/v1/acl/token", Map.of("ServiceIdentities", identities)).get("SecretID").asString();
	}

	/** A new token with the rules of a policy in HCL. */
	public String policyToken(String rules) {
		String name = "policy-" + UUID.randomUUID();
		put("/v1/acl/policy", Map.of("Name", name, "Rules", rules));
		return put("/v1/acl/token", Map.of("Policies", List.of(Map.of("Name", name)))).get("SecretID").asString();
	}

	/**
	 * Makes a new root, cross-signed by the old one. Leaves follow when the agent's own
	 * delay of up to 30 s is over.
	 */
	public void rotateRoot() {
		Map<String, Object> config = new LinkedHashMap<>(caConfig());
		config.put("PrivateKey", sec1(TestCa.ecKeys().getPrivate()));
		config.put("RootCert", "");
		put("/v1/connect/ca/configuration", Map.of("Provider", "consul", "Config", config));
	}

	/** The certificates of all roots, as PEM. */
	public String roots() {
		StringBuilder pem = new StringBuilder();
		for (JsonNode root : get("/v1/connect/ca/roots").get("Roots")) {
			pem.append(root.get("RootCert").asString().strip()).append('\n');
		}
		return pem.toString();
	}

	public String trustDomain() {
		return get("/v1/connect/ca/roots").get("TrustDomain").asString();
	}

	/** The root that signs: its certificate as PEM and the ID of its key. */
	public ActiveRoot activeRoot() {
		JsonNode roots = get("/v1/connect/ca/roots");
		for (JsonNode root : roots.get("Roots")) {
			if (root.get("ID").equals(roots.get("ActiveRootID"))) {
				return new ActiveRoot(root.get("RootCert").asString(), root.get("SigningKeyID").asString());
			}
		}
		throw new IllegalStateException("No root is active");
	}

	/**
	 * A leaf of a service that the active root has signed, with all roots. After a
	 * rotation that takes up to half a minute, and 1.8.7 gives the old one to everybody
	 * who does not ask for a later index.
	 */
	public PemIdentity leaf(String service) {
		String path = "/v1/agent/connect/ca/leaf/" + service;
		String key = activeRoot().keyId();
		Instant end = Instant.now().plus(RENEWAL);
		JsonNode leaf = get(path);
		while (!SigningKey.of(leaf.get("CertPEM").asString()).equals(key)) {
			if (Instant.now().isAfter(end)) {
				throw new IllegalStateException("Still an old leaf of " + service + "\n" + log());
			}
			leaf = get(path + "?wait=5s&index=" + leaf.get("ModifyIndex").asLong());
		}
		return new PemIdentity(leaf.get("CertPEM").asString(), leaf.get("PrivateKeyPEM").asString(), roots());
	}

	/** An intention that lets one service call another. */
	public void allow(String source, String destination) {
		send(HttpRequest.newBuilder()
			.POST(HttpRequest.BodyPublishers.ofString(JSON
				.writeValueAsString(Map.of("SourceName", source, "DestinationName", destination, "Action", "allow")))),
				"/v1/connect/intentions");
	}

	/** Makes the agent forget a registration, as if it had never been made. */
	public void forget(String serviceId) {
		put("/v1/agent/service/deregister/" + serviceId, null);
	}

	/** The passing mesh endpoints of a service. */
	public JsonNode healthy(String service) {
		return get("/v1/health/connect/" + service + "?passing");
	}

	/**
	 * Whether an instance is found that is registered with this very agent. The catalog
	 * alone still shows for a moment what the agent has forgotten.
	 */
	public boolean serves(String service) {
		return get("/v1/agent/services").findValuesAsString("Service").contains(service)
				&& healthy(service).size() == 1;
	}

	public JsonNode get(String path) {
		return send(HttpRequest.newBuilder().GET(), path);
	}

	/**
	 * Puts a JSON body, or none.
	 * @return the answer; a missing node if it is not JSON
	 */
	public JsonNode put(String path, @Nullable Object body) {
		return send(HttpRequest.newBuilder()
			.PUT((body != null) ? HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body))
					: HttpRequest.BodyPublishers.noBody()),
				path);
	}

	/**
	 * Posts a JSON body.
	 * @return the answer; a missing node if it is not JSON
	 */
	public JsonNode post(String path, Object body) {
		return send(HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body))),
				path);
	}

	public void delete(String path) {
		send(HttpRequest.newBuilder().DELETE(), path);
	}

	/** Stops in good order. */
	public void stop() {
		if (this.process != null) {
			this.process.close();
			this.process = null;
		}
	}

	/** Ends at once, as a crash does. */
	public void kill() {
		if (this.process != null) {
			this.process.kill();
			this.process = null;
		}
	}

	/** Starts again on the same ports after {@link #stop()} or {@link #kill()}. */
	public void startAgain() {
		Path binary = Peers.consul();
		// A connection that somebody dials may have one of the ports for a while.
		for (int left = TRIES; true; left--) {
			try {
				launch(binary);
				return;
			}
			catch (IllegalStateException ex) {
				stop();
				if (!isPortTaken(ex) || left == 1) {
					throw ex;
				}
			}
		}
	}

	private static boolean isPortTaken(IllegalStateException ex) {
		return String.valueOf(ex.getMessage()).contains("address already in use");
	}

	/** Starts again with all but the registrations that were made with this agent. */
	public void startAgainWithoutRegistrations() {
		FileSystemUtils.deleteRecursively(this.directory.resolve("data/services").toFile());
		FileSystemUtils.deleteRecursively(this.directory.resolve("data/checks").toFile());
		startAgain();
	}

	/** The end of the agent's log. */
	public String log() {
		return (this.process != null) ? this.process.log() : "";
	}

	@Override
	public void close() {
		stop();
		FileSystemUtils.deleteRecursively(this.directory.toFile());
	}

	private void launch(Path binary) {
		Path config = this.directory.resolve("config.json");
		write(config, JSON.writeValueAsString(config()));
		List<String> command = new ArrayList<>(List.of(binary.toString(), "agent", "-bind=127.0.0.1",
				"-client=127.0.0.1", "-node=test", "-config-file=" + config));
		if (this.options.dev) {
			command.add("-dev");
		}
		if (this.options.extra != null) {
			Path extra = this.directory.resolve("extra.json");
			write(extra, this.options.extra);
			command.add("-config-file=" + extra);
		}
		this.process = PeerProcess.start("consul", command);
		this.process.awaitReady(this::ready);
	}

	private Map<String, Object> config() {
		Map<String, Object> caConfig = new LinkedHashMap<>(
				Map.of("csr_max_per_second", 0, "csr_max_concurrent", 0, "leaf_cert_ttl", ttl()));
		Map<String, Object> config = new LinkedHashMap<>();
		config.put("server", true);
		config.put("disable_update_check", true);
		config.put("connect", Map.of("enabled", true, "ca_config", caConfig));
		config.put("ports", Map.of("http", port(), "server", this.ports.get(1), "serf_lan", this.ports.get(2),
				"serf_wan", -1, "dns", -1, "grpc", -1, "https", -1));
		if (!this.options.dev) {
			config.put("bootstrap_expect", 1);
			config.put("data_dir", this.directory.resolve("data").toString());
			config.put("performance", Map.of("raft_multiplier", 1));
		}
		if (this.options.token != null) {
			config.put("acl", Map.of("enabled", true, "default_policy", "deny", "tokens",
					Map.of("master", this.options.token, "agent", this.options.token)));
		}
		return config;
	}

	private String ttl() {
		return this.options.leafTtl.toMinutes() + "m";
	}

	// A root that can be read means: a leader, a CA, and a token that is known.
	private boolean ready() {
		try {
			HttpResponse<String> leaf = this.http.send(
					request(HttpRequest.newBuilder().GET(), "/v1/agent/connect/ca/roots"),
					HttpResponse.BodyHandlers.ofString());
			HttpResponse<String> self = this.http.send(request(HttpRequest.newBuilder().GET(), "/v1/agent/self"),
					HttpResponse.BodyHandlers.ofString());
			return leaf.statusCode() == 200 && self.statusCode() == 200
					&& !JSON.readTree(leaf.body()).path("ActiveRootID").asString("").isEmpty();
		}
		catch (IOException ex) {
			return false;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	private Map<String, Object> caConfig() {
		Map<String, Object> config = new LinkedHashMap<>();
		get("/v1/connect/ca/configuration").get("Config")
			.properties()
			.forEach((entry) -> config.put(entry.getKey(), entry.getValue()));
		return config;
	}

	private HttpRequest request(HttpRequest.Builder request, String path) {
		if (this.options.token != null) {
			request.header("X-Consul-Token", this.options.token);
		}
		return request.uri(uri().resolve(path)).timeout(Duration.ofSeconds(20)).build();
	}

	private JsonNode send(HttpRequest.Builder request, String path) {
		try {
			HttpResponse<String> response = this.http.send(request(request, path),
					HttpResponse.BodyHandlers.ofString());
			if (response.statusCode() != 200) {
				throw new IllegalStateException(
						path + " answers " + response.statusCode() + ": " + response.body() + "\n" + log());
			}
			return response.body().isBlank() ? JSON.missingNode() : JSON.readTree(response.body());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	// Consul wants the curve inside the SEC1 structure; the JDK's encoding has none.
	private static String sec1(PrivateKey key) {
		BigInteger secret = ((ECPrivateKey) key).getS();
		StringWriter text = new StringWriter();
		try (PemWriter writer = new PemWriter(text)) {
			writer.writeObject(new PemObject("EC PRIVATE KEY",
					new org.bouncycastle.asn1.sec.ECPrivateKey(256, secret, X9ObjectIdentifiers.prime256v1)
						.getEncoded(ASN1Encoding.DER)));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return text.toString();
	}

	private static void write(Path file, String text) {
		try {
			Files.writeString(file, text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * The root that signs.
	 *
	 * @param pem its certificate
	 * @param keyId the ID of its key, which the certificates name that it has signed
	 */
	public record ActiveRoot(String pem, String keyId) {

	}

	/**
	 * What an agent is to be like.
	 */
	public static final class Options {

		private boolean dev;

		private @Nullable String token;

		private Duration leafTtl = Duration.ofHours(72);

		private @Nullable String extra;

		/** In memory only: quicker to start, and forgets everything when it stops. */
		public Options dev() {
			this.dev = true;
			return this;
		}

		/** ACLs that deny by default, with one token that may do everything. */
		public Options acls() {
			this.token = UUID.randomUUID().toString();
			return this;
		}

		/** How long leaves live, at least an hour. */
		public Options leafTtl(Duration leafTtl) {
			this.leafTtl = leafTtl;
			return this;
		}

		/** More configuration, as JSON of a Consul configuration file. */
		public Options config(String json) {
			this.extra = json;
			return this;
		}

	}

}
