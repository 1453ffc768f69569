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

package io.github.bootmesh.autoconfigure.server;

import java.net.InetAddress;
import java.net.UnixDomainSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.env.Environment;

import io.github.bootmesh.Internal;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.autoconfigure.SocketPath;
import io.github.bootmesh.tls.TlsSettings;

/**
 * Settings of what this application accepts from the mesh.
 *
 * @param mode Who speaks mTLS on this application's behalf.
 * @param address Address that the public listener of mode sidecar is bound to, or that of
 * the proxy of mode external; by default all of this machine.
 * @param port Port of the public listener of mode sidecar; by default a free one, which
 * others learn from Consul. In mode external that of the proxy, which has to be given.
 * @param localPort Port on loopback that the public listener of mode sidecar, or the
 * proxy of mode external, leads to; by default that of the embedded server.
 * @param localSocketPath Path of a Unix socket of this host that the public listener of
 * mode sidecar leads to, instead of a port.
 * @param proxyProtocol Whether the public listener of mode sidecar tells the application
 * by the PROXY protocol, version 2, who the peer is. The application must expect it.
 * @param expose What is reached without the mesh in mode sidecar.
 * @param idleTimeout Silence in both directions after which the public listener of mode
 * sidecar resets a connection; never by default.
 * @param drainTimeout Time that connections through the public listener of mode sidecar
 * get to end when the application stops.
 * @param mutualTlsMode Whether some may still call without TLS.
 * @param permissiveFrom Addresses and address ranges, such as 10.1.2.3 and 10.0.0.0/8,
 * from which permissive mode takes plain HTTP.
 * @param handshakeTimeout Time in which a TLS handshake must be done.
 * @param maxConnections Open accepted connections at most.
 * @param maxHandshakes TLS handshakes computed at once at most. One that has not ended
 * after a second, as when its client falls silent, goes on without being counted.
 * @param revocationGrace Time that an exchange in flight gets when intentions allow it no
 * more.
 * @param forwardedClientCert What becomes of the header X-Forwarded-Client-Cert.
 * @param gateways Whose X-Forwarded-Client-Cert is kept by append-forward: names of
 * services in our own datacenter, namespace and partition, or SPIFFE IDs.
 * @param authorizerTimeout Time in which MeshAuthorizer beans must have allowed a
 * request, each of them.
 */
@ConfigurationProperties("bootmesh.inbound")
public record InboundProperties(@DefaultValue("native") Mode mode, @Nullable InetAddress address,
		@DefaultValue("0") int port, @Nullable Integer localPort, @Nullable String localSocketPath,
		@DefaultValue("false") boolean proxyProtocol, @DefaultValue Expose expose, @Nullable Duration idleTimeout,
		@DefaultValue("10s") Duration drainTimeout, @DefaultValue("strict") MutualTlsMode mutualTlsMode,
		@DefaultValue List<String> permissiveFrom, @DefaultValue("10s") Duration handshakeTimeout,
		@DefaultValue("8192") int maxConnections, @DefaultValue("256") int maxHandshakes,
		@DefaultValue("1s") Duration revocationGrace,
		@DefaultValue("sanitize-set") ForwardedClientCert forwardedClientCert, @DefaultValue Set<String> gateways,
		@DefaultValue("1s") Duration authorizerTimeout) {

	public InboundProperties {
		checkLocal(mode, localPort, localSocketPath, proxyProtocol, expose);
		checkListener(mode, address, port, localPort);
		checkSocket(mode, localSocketPath, localPort);
		if (idleTimeout != null && (idleTimeout.isZero() || idleTimeout.isNegative())) {
			throw invalid("idle-timeout", idleTimeout, "Must be longer than nothing.");
		}
		if (drainTimeout.isNegative()) {
			throw invalid("drain-timeout", drainTimeout, "Must not be negative.");
		}
		boolean opaque = mode == Mode.SIDECAR || mode == Mode.EXTERNAL;
		if (opaque && mutualTlsMode == MutualTlsMode.PERMISSIVE) {
			throw invalid("mutual-tls-mode", "permissive", "Needs bootmesh.inbound.mode=native.");
		}
		if (opaque && (forwardedClientCert != ForwardedClientCert.SANITIZE_SET || !gateways.isEmpty())) {
			throw invalid("forwarded-client-cert", forwardedClientCert,
					"Needs bootmesh.inbound.mode=native: in the others nobody here sees who calls.");
		}
		if (handshakeTimeout.isZero() || handshakeTimeout.isNegative()) {
			throw invalid("handshake-timeout", handshakeTimeout, "Must be longer than nothing.");
		}
		if (revocationGrace.isNegative()) {
			throw invalid("revocation-grace", revocationGrace, "Must not be negative.");
		}
		if (authorizerTimeout.isZero() || authorizerTimeout.isNegative()) {
			throw invalid("authorizer-timeout", authorizerTimeout, "Must be longer than nothing.");
		}
		gateways.forEach(InboundProperties::check);
		if (forwardedClientCert == ForwardedClientCert.APPEND_FORWARD && gateways.isEmpty()) {
			throw invalid("forwarded-client-cert", "append-forward",
					"Needs bootmesh.inbound.gateways, which says whose header is kept.");
		}
		permissiveFrom.forEach(InboundProperties::range);
		if (mutualTlsMode == MutualTlsMode.PERMISSIVE && permissiveFrom.isEmpty()) {
			throw invalid("mutual-tls-mode", "permissive",
					"Needs bootmesh.inbound.permissive-from, which says from where plain HTTP is taken.");
		}
		if (maxConnections < 1) {
			throw invalid("max-connections", maxConnections, "Must be at least 1.");
		}
		if (maxHandshakes < 1) {
			throw invalid("max-handshakes", maxHandshakes, "Must be at least 1.");
		}
	}

	private static void checkListener(Mode mode, @Nullable InetAddress address, int port, @Nullable Integer localPort) {
		if (port < 0 || port > 65535) {
			throw invalid("port", port, "Must be a port, or 0 for any free one.");
		}
		if (localPort != null && (localPort < 1 || localPort > 65535)) {
			throw invalid("local-port", localPort, "Must be a port from 1 to 65535.");
		}
		boolean onLoopback = address == null || address.isAnyLocalAddress() || address.isLoopbackAddress();
		if (localPort != null && localPort == port && onLoopback) {
			throw invalid("local-port", localPort, "Must not be bootmesh.inbound.port, which leads to it.");
		}
		if (mode == Mode.EXTERNAL && port == 0) {
			throw invalid("port", port, "Must be given with bootmesh.inbound.mode=external: it is the port where the "
					+ "proxy takes connections from the mesh, and others learn it from Consul before the proxy starts.");
		}
		if (mode == Mode.NATIVE && (address != null || port != 0 || localPort != null)) {
			String name = (address != null) ? "address" : (port != 0) ? "port" : "local-port";
			throw invalid(name, (address != null) ? address.getHostAddress() : (port != 0) ? port : localPort,
					"Is about bootmesh.inbound.mode=sidecar and external. With native, the embedded server listens for the mesh, "
							+ "where server.address and server.port say.");
		}
	}

	private static void checkSocket(Mode mode, @Nullable String path, @Nullable Integer localPort) {
		if (path == null) {
			return;
		}
		if (mode == Mode.NATIVE || mode == Mode.EXTERNAL) {
			throw invalid("local-socket-path", path, "Is about bootmesh.inbound.mode=sidecar.");
		}
		if (localPort != null) {
			throw invalid("local-socket-path", path,
					"There is bootmesh.inbound.local-port too: the public listener leads to one of them.");
		}
		try {
			SocketPath.address(path);
		}
		catch (IllegalArgumentException ex) {
			throw invalid("local-socket-path", path, ex.getMessage() + ".");
		}
	}

	/**
	 * The Unix socket that the public listener leads to.
	 * @return where it is, or {@code null} if it leads to a port
	 */
	@Internal
	public @Nullable UnixDomainSocketAddress localSocket() {
		return (this.localSocketPath != null) ? SocketPath.address(this.localSocketPath) : null;
	}

	/**
	 * The mode that is in effect.
	 * @param environment where it is set
	 * @return the mode, none where {@code bootmesh.server.enabled} is false
	 */
	@Internal
	public static Mode effectiveMode(Environment environment) {
		boolean enabled = Binder.get(environment).bind("bootmesh.server.enabled", Boolean.class).orElse(true);
		return enabled ? mode(environment) : Mode.NONE;
	}

	private static void checkLocal(Mode mode, @Nullable Integer localPort, @Nullable String localSocketPath,
			boolean proxyProtocol, Expose expose) {
		if ((mode == Mode.NATIVE || mode == Mode.EXTERNAL) && proxyProtocol) {
			throw invalid("proxy-protocol", true,
					"Needs bootmesh.inbound.mode=sidecar. With native, the application knows the peer itself.");
		}
		if ((mode == Mode.NATIVE || mode == Mode.EXTERNAL) && !expose.paths().isEmpty()) {
			throw invalid("expose.paths", expose.paths().get(0).path(),
					"Needs bootmesh.inbound.mode=sidecar. With native, a management.server.port of its own does it.");
		}
		for (ExposedPath exposed : expose.paths()) {
			Integer target = exposed.localPathPort();
			if (localSocketPath != null && target == null) {
				throw invalid("expose.paths", exposed.path(),
						"Needs a local-path-port: bootmesh.inbound.local-socket-path is none.");
			}
			if (proxyProtocol && (target == null || target.equals(localPort))) {
				throw invalid("expose.paths", exposed.path(),
						"Needs a local-path-port, such as management.server.port: who expects the PROXY protocol at "
								+ "the application's port understands nobody without it.");
			}
		}
	}

	// As it is bound, so that conditions and beans never differ.
	static Mode mode(Environment environment) {
		return Binder.get(environment).bind("bootmesh.inbound.mode", Mode.class).orElse(Mode.NATIVE);
	}

	TlsSettings tlsSettings() {
		return new TlsSettings(this.handshakeTimeout, this.maxConnections, this.maxHandshakes,
				TlsSettings.DEFAULTS.drain(), this.revocationGrace);
	}

	List<IpSubnetFilterRule> permissiveRanges() {
		return this.permissiveFrom.stream().map(InboundProperties::range).toList();
	}

	// No names: who answers for one may change, and asking takes time.
	private static IpSubnetFilterRule range(String text) {
		String[] parts = text.split("/", 2);
		boolean ipV6 = NetUtil.isValidIpV6Address(parts[0]);
		try {
			if (ipV6 || NetUtil.isValidIpV4Address(parts[0])) {
				int bits = (parts.length > 1) ? Integer.parseInt(parts[1]) : (ipV6 ? 128 : 32);
				return new IpSubnetFilterRule(parts[0], bits, IpFilterRuleType.ACCEPT);
			}
		}
		catch (IllegalArgumentException ex) {
			// Falls through to the reason that helps.
		}
		throw invalid("permissive-from", text, "Must be an IP address or a range such as 10.0.0.0/8.");
	}

	private static void check(String gateway) {
		try {
			if (gateway.contains("/")) {
				SpiffeId.parse(gateway);
			}
		}
		catch (IllegalArgumentException ex) {
			throw invalid("gateways", gateway, "Must be the name of a service or the SPIFFE ID of one.");
		}
	}

	private static InvalidConfigurationPropertyValueException invalid(String name, @Nullable Object value,
			String reason) {
		return new InvalidConfigurationPropertyValueException("bootmesh.inbound." + name, value, reason);
	}

	/**
	 * What is reached without the mesh.
	 *
	 * @param paths Paths of plain HTTP, each at a port of its own.
	 */
	public record Expose(@DefaultValue List<ExposedPath> paths) {

		/**
		 * Takes what Consul of every age takes.
		 * @throws InvalidConfigurationPropertyValueException if two are alike
		 */
		public Expose {
			Set<Object> seen = new HashSet<>();
			for (ExposedPath exposed : paths) {
				if (!seen.add(exposed.path())) {
					throw invalid("expose.paths", exposed.path(), "Is there twice.");
				}
				if (exposed.listenerPort() > 0 && !seen.add(exposed.listenerPort())) {
					throw invalid("expose.paths", exposed.listenerPort(), "Is the listener-port of two paths.");
				}
			}
			paths = List.copyOf(paths);
		}

	}

	/**
	 * A path that is reached without the mesh.
	 *
	 * @param path Path, just as requests name it.
	 * @param localPathPort Port on loopback where it is served; by default that of the
	 * application.
	 * @param listenerPort Port where it is reached; 0 for any free one, which others
	 * learn from Consul.
	 * @param protocol Protocol that is spoken there; Consul's http2 is not supported.
	 */
	public record ExposedPath(String path, @Nullable Integer localPathPort, int listenerPort,
			@DefaultValue("http") String protocol) {

		// Written in one way only (RFC 3986, section 3.3): nothing to decode, to
		// collapse, or to cut off.
		private static final Pattern PLAIN = Pattern.compile("(?:/(?!\\.{1,2}(?:/|$))[A-Za-z0-9._~!$&'()*+,=:@-]+)*/?");

		/**
		 * Takes a plain path.
		 * @throws InvalidConfigurationPropertyValueException if it is none, or nothing
		 * can be reached so
		 */
		public ExposedPath {
			if (path == null || path.isEmpty() || !PLAIN.matcher(path).matches()) {
				throw invalid("expose.paths.path", path,
						"Must be a path that begins with / and is written in full, without escapes, queries, "
								+ "parameters, empty segments and dots.");
			}
			if (listenerPort < 0 || listenerPort > 65535) {
				throw invalid("expose.paths.listener-port", listenerPort, "Must be a port, or 0 for any free one.");
			}
			if (localPathPort != null && (localPathPort < 1 || localPathPort > 65535)) {
				throw invalid("expose.paths.local-path-port", localPathPort, "Must be a port from 1 to 65535.");
			}
			if (!protocol.equals("http")) {
				throw invalid("expose.paths.protocol", protocol, "Must be http.");
			}
		}

	}

	/**
	 * Who speaks mTLS on this application's behalf.
	 */
	public enum Mode {

		/**
		 * The embedded server itself.
		 */
		NATIVE,

		/**
		 * A public listener in front of it, or of any other local port. Requests are not
		 * looked into.
		 */
		SIDECAR,

		/**
		 * A proxy of its own, such as Envoy, which also makes the connections to the
		 * upstreams. Bootmesh registers for both and waits for it.
		 */
		EXTERNAL,

		/**
		 * Nobody: the application accepts nothing from the mesh.
		 */
		NONE

	}

	/**
	 * Whether some may still call without TLS.
	 */
	public enum MutualTlsMode {

		/**
		 * Nobody may.
		 */
		STRICT,

		/**
		 * Who calls from certain addresses may, as far as the intentions allow it to
		 * every service. For the time of a move only.
		 */
		PERMISSIVE

	}

	/**
	 * What becomes of the header X-Forwarded-Client-Cert.
	 */
	public enum ForwardedClientCert {

		/**
		 * What the peer sent is dropped, and what was verified of it is set.
		 */
		SANITIZE_SET,

		/**
		 * What the peer sent is dropped.
		 */
		SANITIZE,

		/**
		 * What a gateway sent is kept, and what was verified of it is appended; for
		 * others as sanitize-set.
		 */
		APPEND_FORWARD,

		/**
		 * It is left as the peer sent it, so nobody may believe it.
		 */
		OFF

	}

}
