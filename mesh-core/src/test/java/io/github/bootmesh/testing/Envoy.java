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
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.json.JsonMapper;

/**
 * Envoy as a mesh peer, with static configuration and one identity for its life.
 */
public final class Envoy implements AutoCloseable {

	private final PeerProcess process;

	private final Path directory;

	private final int port;

	private Envoy(PeerProcess process, Path directory, int port) {
		this.process = process;
		this.directory = directory;
		this.port = port;
	}

	/**
	 * Accepts mTLS from anybody whom the roots vouch for, offers HTTP/2 and HTTP/1.1, and
	 * passes requests on in plain to a port of loopback.
	 */
	public static Envoy inbound(PemIdentity identity, int localPort) {
		return inbound(identity, PeerProcess.freePorts(1).get(0), localPort, List.of("h2", "http/1.1"), httpFilter());
	}

	/**
	 * Accepts mTLS from anybody whom the roots vouch for, and passes what it carries on
	 * in plain to a port of loopback.
	 */
	public static Envoy inboundStream(PemIdentity identity, int localPort) {
		return inboundStream(identity, PeerProcess.freePorts(1).get(0), localPort);
	}

	/**
	 * The same on a given port.
	 */
	public static Envoy inboundStream(PemIdentity identity, int port, int localPort) {
		return inbound(identity, port, localPort, List.of(), streamFilter());
	}

	private static Envoy inbound(PemIdentity identity, int port, int localPort, List<String> alpn,
			Map<String, Object> filter) {
		Map<String, Object> tls = Map.of("@type",
				"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
				"require_client_certificate", true, "common_tls_context",
				Map.of("tls_certificates", List.of(certificate()), "validation_context",
						Map.of("trusted_ca", file("roots.pem")), "alpn_protocols", alpn));
		return start(identity, port,
				Map.of("filter_chains",
						List.of(Map.of("transport_socket", tlsSocket(tls), "filters", List.of(filter)))),
				Map.of("load_assignment", endpoint(localPort)));
	}

	/**
	 * Accepts plain HTTP on loopback and passes it on over mTLS to a port of loopback,
	 * where exactly the expected SPIFFE ID must answer.
	 */
	public static Envoy outbound(PemIdentity identity, int meshPort, String expectedUri, String sni, boolean http2) {
		Map<String, Object> tls = upstreamTls(expectedUri, sni, List.of(http2 ? "h2" : "http/1.1"));
		Map<String, Object> protocol = Map.of("@type",
				"type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions", "explicit_http_config",
				Map.of(http2 ? "http2_protocol_options" : "http_protocol_options", Map.of()));
		return start(identity, PeerProcess.freePorts(1).get(0),
				Map.of("filter_chains", List.of(Map.of("filters", List.of(httpFilter())))),
				Map.of("load_assignment", endpoint(meshPort), "transport_socket", tlsSocket(tls),
						"typed_extension_protocol_options",
						Map.of("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", protocol)));
	}

	/**
	 * Accepts anything on a port of loopback and passes it on over mTLS to another one,
	 * where exactly the expected SPIFFE ID must answer.
	 */
	public static Envoy outboundStream(PemIdentity identity, int port, int meshPort, String expectedUri, String sni) {
		return start(identity, port, Map.of("filter_chains", List.of(Map.of("filters", List.of(streamFilter())))),
				Map.of("load_assignment", endpoint(meshPort), "transport_socket",
						tlsSocket(upstreamTls(expectedUri, sni, List.of()))));
	}

	private static Map<String, Object> upstreamTls(String expectedUri, String sni, List<String> alpn) {
		Map<String, Object> match = Map.of("san_type", "URI", "matcher", Map.of("exact", expectedUri));
		return Map.of("@type", "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
				"sni", sni, "common_tls_context",
				Map.of("tls_certificates", List.of(certificate()), "validation_context",
						Map.of("trusted_ca", file("roots.pem"), "match_typed_subject_alt_names", List.of(match)),
						"alpn_protocols", alpn));
	}

	/**
	 * Accepts plain HTTP behind the PROXY protocol, and answers each request with what it
	 * was told in headers: {@code told-source}, and {@code told-tlv} of a type.
	 */
	public static Envoy behindProxyProtocol(int tlv) {
		Map<String, Object> rule = Map.of("tlv_type", tlv, "on_tlv_present", Map.of("key", "tlv"));
		Map<String, Object> listenerFilter = Map.of("name", "envoy.filters.listener.proxy_protocol", "typed_config",
				Map.of("@type", "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
						"tlv_location", "FILTER_STATE", "rules", List.of(rule)));
		Map<String, Object> route = Map.of("match", Map.of("prefix", "/"), "direct_response", Map.of("status", 200),
				"response_headers_to_add", List.of(header("told-source", "%DOWNSTREAM_REMOTE_ADDRESS%"),
						header("told-tlv", "%FILTER_STATE(envoy.network.proxy_protocol.tlv:FIELD:tlv)%")));
		return start(new PemIdentity("", "", ""), PeerProcess.freePorts(1).get(0), Map.of("filter_chains",
				List.of(Map.of("filters", List.of(httpFilter(route)))), "listener_filters", List.of(listenerFilter)),
				Map.of("load_assignment", endpoint(1)));
	}

	private static Map<String, Object> header(String name, String value) {
		return Map.of("header", Map.of("key", name, "value", value));
	}

	/** Where it listens: with mTLS when inbound, in plain when outbound. */
	public int port() {
		return this.port;
	}

	public String log() {
		return this.process.log();
	}

	@Override
	public void close() {
		this.process.close();
		FileSystemUtils.deleteRecursively(this.directory.toFile());
	}

	private static Envoy start(PemIdentity identity, int port, Map<String, Object> listener,
			Map<String, Object> cluster) {
		Path binary = Peers.envoy();
		try {
			Path directory = Files.createTempDirectory("envoy");
			Files.writeString(directory.resolve("chain.pem"), identity.chain());
			Files.writeString(directory.resolve("key.pem"), identity.key());
			Files.writeString(directory.resolve("roots.pem"), identity.roots());
			String text = JsonMapper.builder()
				.build()
				.writeValueAsString(configuration(port, listener, cluster))
				.replace("{directory}", directory.toString());
			Path file = Files.writeString(directory.resolve("envoy.json"), text);
			PeerProcess process = PeerProcess.start("envoy", List.of(binary.toString(), "--disable-hot-restart",
					"--concurrency", "1", "--log-level", "info", "-c", file.toString()));
			Envoy envoy = new Envoy(process, directory, port);
			process.awaitReady(() -> PeerProcess.accepts(port));
			return envoy;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Map<String, Object> httpFilter() {
		return httpFilter(
				Map.of("match", Map.of("prefix", "/"), "route", Map.of("cluster", "target", "timeout", "0s")));
	}

	private static Map<String, Object> httpFilter(Map<String, Object> route) {
		Map<String, Object> router = Map.of("name", "envoy.filters.http.router", "typed_config",
				Map.of("@type", "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"));
		Map<String, Object> http = Map.of("@type",
				"type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
				"stat_prefix", "http", "http_filters", List.of(router), "route_config", Map.of("virtual_hosts",
						List.of(Map.of("name", "all", "domains", List.of("*"), "routes", List.of(route)))));
		return Map.of("name", "envoy.filters.network.http_connection_manager", "typed_config", http);
	}

	private static Map<String, Object> streamFilter() {
		return Map.of("name", "envoy.filters.network.tcp_proxy", "typed_config",
				Map.of("@type", "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
						"stat_prefix", "stream", "cluster", "target"));
	}

	private static Map<String, Object> configuration(int port, Map<String, Object> settings,
			Map<String, Object> cluster) {
		Map<String, Object> listener = new LinkedHashMap<>(settings);
		listener.putAll(Map.of("name", "listener", "address", address(port)));
		Map<String, Object> target = new LinkedHashMap<>(cluster);
		target.putAll(Map.of("name", "target", "type", "STATIC", "connect_timeout", "5s"));
		return Map.of("static_resources", Map.of("listeners", List.of(listener), "clusters", List.of(target)));
	}

	private static Map<String, Object> tlsSocket(Map<String, Object> context) {
		return Map.of("name", "envoy.transport_sockets.tls", "typed_config", context);
	}

	private static Map<String, Object> certificate() {
		return Map.of("certificate_chain", file("chain.pem"), "private_key", file("key.pem"));
	}

	private static Map<String, Object> file(String name) {
		return Map.of("filename", "{directory}/" + name);
	}

	private static Map<String, Object> endpoint(int port) {
		return Map.of("cluster_name", "target", "endpoints",
				List.of(Map.of("lb_endpoints", List.of(Map.of("endpoint", Map.of("address", address(port)))))));
	}

	private static Map<String, Object> address(int port) {
		return Map.of("socket_address", Map.of("address", "127.0.0.1", "port_value", port));
	}

}
