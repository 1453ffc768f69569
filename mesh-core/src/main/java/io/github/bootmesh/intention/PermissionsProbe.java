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

package io.github.bootmesh.intention;

import java.util.List;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.Destination;
import io.github.bootmesh.Internal;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulException;

/**
 * Learns from the agent whether the intentions about another service decide on what one
 * may request there. For advice to people: who is called decides, not who calls.
 */
@Internal
public final class PermissionsProbe {

	// Says nothing of permissions.
	private static final DefaultPolicy ANY_POLICY = new DefaultPolicy(false, "not asked for");

	private final ConsulClient consul;

	/**
	 * A probe that asks each time anew.
	 * @param consul the agent
	 */
	public PermissionsProbe(ConsulClient consul) {
		this.consul = consul;
	}

	/**
	 * Asks once.
	 * @param source who calls
	 * @param destination the service that is called, of the agent's mesh
	 * @return the finding; a {@link ConsulException} that
	 * {@linkplain ConsulException#mayPass() may pass} if the agent does not answer
	 */
	public Mono<Finding> ask(SpiffeId source, Destination destination) {
		if (isElsewhere(destination.namespace(), source.namespace())
				|| isElsewhere(destination.partition(), source.partition())) {
			return Mono.just(Finding.UNKNOWN);
		}
		return this.consul.intentionsForAdvice(destination.name())
			// Reading is not for the event loop.
			.publishOn(Schedulers.parallel())
			.map((answer) -> find(source, destination.name(), answer))
			.onErrorReturn((ex) -> ex instanceof ConsulException failure && !failure.mayPass(), Finding.UNKNOWN);
	}

	// The agent is asked about services beside ours.
	private static boolean isElsewhere(@Nullable String asked, String ours) {
		return asked != null && !asked.equalsIgnoreCase(ours);
	}

	private static Finding find(SpiffeId source, String service, JsonNode answer) {
		try {
			List<Intention> intentions = new IntentionReader(service).read(answer);
			SpiffeId called = new SpiffeId(source.trustDomain(), source.partition(), source.namespace(),
					source.datacenter(), service);
			IntentionSet set = IntentionSet.compile(called, intentions, ANY_POLICY);
			String rule = set.connection(source).rule();
			if (set.notUnderstood().contains(rule)) {
				return Finding.UNKNOWN;
			}
			return set.requestRules().contains(rule) ? Finding.PERMISSIONS : Finding.NONE;
		}
		catch (NotUnderstoodException ex) {
			return Finding.UNKNOWN;
		}
	}

	/**
	 * What was learnt.
	 */
	public enum Finding {

		/**
		 * Permissions decide on each request, and whoever cannot look at requests refuses
		 * the connection.
		 */
		PERMISSIONS,

		/**
		 * There are none for that source.
		 */
		NONE,

		/**
		 * The intentions cannot be read.
		 */
		UNKNOWN

	}

}
