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

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Consul's built-in proxy: Go's TLS as a mesh peer.
 */
public final class GoProxy implements AutoCloseable {

	private final PeerProcess process;

	private final int port;

	private GoProxy(PeerProcess process, int port) {
		this.process = process;
		this.port = port;
	}

	/**
	 * A proxy that accepts mTLS for a service and passes it on to a port of loopback,
	 * registered so that the service's mesh endpoints name it.
	 */
	public static GoProxy inbound(ConsulAgent agent, String service, int localPort) {
		int port = PeerProcess.freePorts(1).get(0);
		GoProxy proxy = start(agent, port, "-service=" + service, "-service-addr=127.0.0.1:" + localPort,
				"-listen=127.0.0.1:" + port, "-register", "-register-id=" + port);
		// Without a health wait: "-register" comes with a TTL check that passes at once.
		proxy.process.awaitReady(() -> PeerProcess.accepts(port) && agent.healthy(service).size() > 0);
		return proxy;
	}

	/**
	 * A listener on loopback that leads to a service over mTLS, as another service.
	 */
	public static GoProxy outbound(ConsulAgent agent, String service, String upstream) {
		int port = PeerProcess.freePorts(1).get(0);
		GoProxy proxy = start(agent, port, "-service=" + service, "-upstream=" + upstream + ":127.0.0.1:" + port);
		proxy.process.awaitReady(() -> PeerProcess.accepts(port));
		return proxy;
	}

	/**
	 * The sidecar of a registered instance: it finds in the registration what to do. It
	 * is ready when its public listener is.
	 */
	public static GoProxy sidecarFor(ConsulAgent agent, String instance) {
		int port = agent.get("/v1/agent/service/" + instance + "-sidecar-proxy").get("Port").asInt();
		GoProxy proxy = start(agent, port, "-sidecar-for=" + instance);
		proxy.process.awaitReady(() -> PeerProcess.accepts(port));
		return proxy;
	}

	/** A port that nobody listens on now. */
	public static int freePort() {
		return PeerProcess.freePorts(1).get(0);
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
	}

	private static GoProxy start(ConsulAgent agent, int port, String... arguments) {
		List<String> command = new ArrayList<>(List.of(Peers.consul().toString(), "connect", "proxy",
				"-http-addr=" + agent.uri(), "-log-level=debug"));
		@Nullable String token = agent.token();
		if (token != null) {
			command.add("-token=" + token);
		}
		command.addAll(List.of(arguments));
		return new GoProxy(PeerProcess.start("go-proxy", command), port);
	}

}
