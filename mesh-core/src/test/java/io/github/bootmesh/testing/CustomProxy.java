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

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A proxy of somebody's own, as small as it can be: all that it knows of the application
 * it has from Consul. It asks the agent on each connection, where one that is to last
 * would keep leaf, roots and intentions up to date with blocking queries.
 */
public final class CustomProxy implements AutoCloseable {

	private final HttpClient http = HttpClient.newHttpClient();

	private final List<AutoCloseable> open = new CopyOnWriteArrayList<>();

	private final URI agent;

	private final String service;

	/**
	 * Begins to listen for an instance that is registered with a sidecar.
	 * @param agent the agent
	 * @param instance the ID of the instance
	 * @throws Exception if that cannot be
	 */
	public CustomProxy(URI agent, String instance) throws Exception {
		this.agent = agent;
		JsonNode registration = ask("/v1/agent/service/" + instance + "-sidecar-proxy", null);
		JsonNode proxy = registration.get("Proxy");
		this.service = proxy.get("DestinationServiceName").asString();
		int localPort = proxy.get("LocalServicePort").asInt();
		listen(registration, "Address", "Port", (accepted) -> takeIn(accepted, localPort));
		for (JsonNode upstream : proxy.path("Upstreams")) {
			String destination = upstream.get("DestinationName").asString();
			listen(upstream, "LocalBindAddress", "LocalBindPort", (accepted) -> join(accepted, dial(destination)));
		}
	}

	private void listen(JsonNode where, String address, String port, Handler handler) throws IOException {
		ServerSocket listener = new ServerSocket(where.get(port).asInt(), 50,
				InetAddress.getByName(where.get(address).asString()));
		this.open.add(listener);
		run(() -> {
			while (!listener.isClosed()) {
				Socket accepted = listener.accept();
				this.open.add(accepted);
				run(() -> {
					try (accepted) {
						handler.handle(accepted);
					}
				});
			}
		});
	}

	// The peer proves who it is, Consul says whether it may, and only then the
	// application is dialled.
	private void takeIn(Socket accepted, int localPort) throws Exception {
		SSLSocket peer = (SSLSocket) context().getSocketFactory()
			.createSocket(accepted, null, accepted.getPort(), true);
		peer.setUseClientMode(false);
		peer.setNeedClientAuth(true);
		peer.startHandshake();
		JsonNode decision = ask("/v1/agent/connect/authorize",
				Map.of("Target", this.service, "ClientCertURI", uri(peer), "ClientCertSerial", ""));
		if (decision.get("Authorized").asBoolean()) {
			join(peer, new Socket(InetAddress.getLoopbackAddress(), localPort));
		}
		peer.close();
	}

	// Whoever has a certificate of the mesh could answer there: it has to be the one who
	// is meant.
	private Socket dial(String destination) throws Exception {
		JsonNode instance = ask("/v1/health/connect/" + destination + "?passing", null).get(0).get("Service");
		SSLSocket peer = (SSLSocket) context().getSocketFactory()
			.createSocket(instance.get("Address").asString(), instance.get("Port").asInt());
		peer.startHandshake();
		if (!uri(peer).endsWith("/svc/" + destination) || !uri(peer).startsWith("spiffe://" + trustDomain() + "/")) {
			peer.close();
			throw new IOException("Another answers: " + uri(peer));
		}
		return peer;
	}

	private static String uri(SSLSocket peer) throws Exception {
		X509Certificate certificate = (X509Certificate) peer.getSession().getPeerCertificates()[0];
		return certificate.getSubjectAlternativeNames()
			.stream()
			.filter((name) -> name.get(0).equals(6))
			.map((name) -> (String) name.get(1))
			.findFirst()
			.orElseThrow();
	}

	private void join(Socket one, Socket other) throws IOException {
		this.open.add(other);
		run(() -> copy(other, one));
		copy(one, other);
	}

	private static void copy(Socket from, Socket to) throws IOException {
		try (from; to) {
			from.getInputStream().transferTo(to.getOutputStream());
		}
	}

	private SSLContext context() throws Exception {
		JsonNode leaf = ask("/v1/agent/connect/ca/leaf/" + this.service, null);
		KeyStore store = KeyStore.getInstance("PKCS12");
		store.load(null, null);
		store.setKeyEntry("leaf", key(leaf.get("PrivateKeyPEM").asString()), new char[0],
				certificates(leaf.get("CertPEM").asString()));
		KeyStore roots = KeyStore.getInstance("PKCS12");
		roots.load(null, null);
		for (JsonNode root : ask("/v1/agent/connect/ca/roots", null).get("Roots")) {
			roots.setCertificateEntry(root.get("ID").asString(), certificates(root.get("RootCert").asString())[0]);
		}
		KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keys.init(store, new char[0]);
		TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trust.init(roots);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
		return context;
	}

	private String trustDomain() throws Exception {
		return ask("/v1/agent/connect/ca/roots", null).get("TrustDomain").asString();
	}

	private static Certificate[] certificates(String pem) throws Exception {
		return CertificateFactory.getInstance("X.509")
			.generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
			.toArray(Certificate[]::new);
	}

	// Consul's keys are in SEC1, which the JDK does not read.
	private static PrivateKey key(String pem) throws IOException {
		try (PEMParser parser = new PEMParser(new StringReader(pem))) {
			return new JcaPEMKeyConverter().getKeyPair((PEMKeyPair) parser.readObject()).getPrivate();
		}
	}

	private JsonNode ask(String path, Object body) throws Exception {
		JsonMapper json = JsonMapper.builder().build();
		HttpRequest.Builder request = HttpRequest.newBuilder(this.agent.resolve(path));
		if (body != null) {
			request.POST(HttpRequest.BodyPublishers.ofString(json.writeValueAsString(body)));
		}
		HttpResponse<String> answer = this.http.send(request.build(), HttpResponse.BodyHandlers.ofString());
		if (answer.statusCode() != 200) {
			throw new IOException(path + " answers " + answer.statusCode() + ": " + answer.body());
		}
		return json.readTree(answer.body());
	}

	private void run(Task task) {
		Thread thread = new Thread(() -> {
			try {
				task.run();
			}
			catch (Exception ex) {
				// The connection ends.
			}
		}, "custom-proxy");
		thread.setDaemon(true);
		thread.start();
	}

	@Override
	public void close() throws Exception {
		for (AutoCloseable closeable : this.open) {
			closeable.close();
		}
	}

	private interface Handler {

		void handle(Socket accepted) throws Exception;

	}

	private interface Task {

		void run() throws Exception;

	}

}
