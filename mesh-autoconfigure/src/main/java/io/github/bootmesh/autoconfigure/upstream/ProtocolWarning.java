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

package io.github.bootmesh.autoconfigure.upstream;

import java.time.Duration;
import java.util.Set;
import java.util.function.Function;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

import io.github.bootmesh.Destination;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulException;
import io.github.bootmesh.intention.PermissionsProbe;

/**
 * Warns of an upstream whose destination Consul takes for one that speaks HTTP, and where
 * permissions of intentions decide on requests: whatever else a program speaks through
 * the upstream fails then, at whoever stands in front of the destination.
 *
 * @see <a href=
 * "https://github.com/hashicorp/consul/issues/13974">hashicorp/consul#13974</a>
 */
final class ProtocolWarning {

	private static final Logger logger = LoggerFactory.getLogger(ProtocolWarning.class);

	private static final Set<String> HTTP = Set.of("http", "http2", "grpc");

	private static final Retry UNTIL_ANSWERED = Retry.backoff(Long.MAX_VALUE, Duration.ofSeconds(1))
		.maxBackoff(Duration.ofMinutes(5))
		.filter((ex) -> ex instanceof ConsulException failure && failure.mayPass());

	private final ConsulClient consul;

	private final PermissionsProbe permissions;

	private final Function<MeshUpstream, Mono<SpiffeId>> self;

	/**
	 * Makes it.
	 * @param consul who is asked
	 * @param self as whom an upstream dials, once that is known
	 */
	ProtocolWarning(ConsulClient consul, Function<MeshUpstream, Mono<SpiffeId>> self) {
		this.consul = consul;
		this.permissions = new PermissionsProbe(consul);
		this.self = self;
	}

	/**
	 * Asks Consul once, and tells what it has found.
	 * @return gives it up
	 */
	Disposable check(String upstream, MeshUpstream wanted) {
		Destination destination = wanted.destination();
		// Which service a prepared query leads to is known to nobody but Consul.
		if (destination.kind() != Destination.Kind.SERVICE) {
			return Disposables.disposed();
		}
		return this.consul.serviceProtocol(destination)
			.retryWhen(UNTIL_ANSWERED)
			.filter(HTTP::contains)
			.flatMap((protocol) -> this.self.apply(wanted)
				.flatMap((self) -> this.permissions.ask(self, destination).retryWhen(UNTIL_ANSWERED))
				.doOnNext((finding) -> tell(upstream, destination, protocol, finding)))
			.subscribe((told) -> {
			}, (ex) -> logger.debug("Not known what '{}' speaks", destination, ex));
	}

	private static void tell(String upstream, Destination destination, String protocol,
			PermissionsProbe.Finding permissions) {
		String text = "Upstream '%s' carries any protocol, but in Consul that of '%s' is %s".formatted(upstream,
				destination, protocol);
		String remedy = "Unless programs speak %s through the upstream, set 'Protocol' to 'tcp' in the service-defaults of '%s' (or in proxy-defaults)"
			.formatted(protocol, destination.name());
		switch (permissions) {
			case PERMISSIONS -> logger
				.warn("{}, and permissions of an intention decide on what this service may request there: a proxy that "
						+ "cannot look at requests refuses its connections, any other answers what is no request with "
						+ "an HTTP error or a reset. {}, and give the intention an action instead of permissions", text,
						remedy);
			case UNKNOWN -> logger.warn(
					"{}: a proxy in front of it may answer everything else with an HTTP error or a reset. If intentions "
							+ "that this service cannot read have permissions for it, they are decided on requests. {}",
					text, remedy);
			case NONE -> logger.info("{}: Envoy in front of it would answer everything else with an HTTP error. {}",
					text, remedy);
		}
	}

}
