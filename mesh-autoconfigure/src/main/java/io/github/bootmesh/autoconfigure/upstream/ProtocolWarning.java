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

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.util.retry.Retry;

import io.github.bootmesh.Destination;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulException;

/**
 * Warns of an upstream whose destination Consul takes for one that speaks HTTP: a proxy
 * in front of it then does, too, whatever the program behind the upstream speaks.
 *
 * @see <a href=
 * "https://github.com/hashicorp/consul/issues/13974">hashicorp/consul#13974</a>
 */
final class ProtocolWarning {

	private static final Logger logger = LoggerFactory.getLogger(ProtocolWarning.class);

	private static final Set<String> HTTP = Set.of("http", "http2", "grpc");

	private static final Retry UNTIL_ANSWERED = Retry.backoff(Long.MAX_VALUE, Duration.ofSeconds(1))
		.maxBackoff(Duration.ofMinutes(5))
		.filter((ex) -> !(ex instanceof ConsulException.Refused || ex instanceof ConsulException.NotFound
				|| ex instanceof ConsulException.Invalid));

	private final ConsulClient consul;

	ProtocolWarning(ConsulClient consul) {
		this.consul = consul;
	}

	/**
	 * Asks Consul once, and warns when it must.
	 * @return gives it up
	 */
	Disposable check(String upstream, Destination destination) {
		// Which service a prepared query leads to is known to nobody but Consul.
		if (destination.kind() != Destination.Kind.SERVICE) {
			return Disposables.disposed();
		}
		return this.consul.serviceProtocol(destination)
			.retryWhen(UNTIL_ANSWERED)
			.subscribe((protocol) -> judge(upstream, destination, protocol),
					(ex) -> logger.debug("Not known what '{}' speaks", destination, ex));
	}

	private static void judge(String upstream, Destination destination, String protocol) {
		if (HTTP.contains(protocol)) {
			logger.warn("Upstream '{}' carries any protocol, but in Consul that of '{}' is {}: a proxy in front of it "
					+ "answers everything else with an HTTP error or a reset, and permissions of its intentions are "
					+ "decided on requests. Unless programs speak {} through the upstream, set 'Protocol' to 'tcp' in "
					+ "the service-defaults of '{}' (or in proxy-defaults)", upstream, destination, protocol, protocol,
					destination.name());
		}
	}

}
