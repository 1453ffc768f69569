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

package io.github.bootmesh.autoconfigure.identity;

import java.time.Duration;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import io.github.bootmesh.Internal;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulException;
import io.github.bootmesh.consul.ConsulQuery;

/**
 * Finds out why Consul gave no identity, by asking for it once more: what a watch retries
 * and only logs is an error here, with its kind.
 */
@Internal
public final class AgentDiagnosis implements Supplier<@Nullable ConsulException> {

	private static final Duration TIMEOUT = Duration.ofSeconds(5);

	private final ConsulClient consul;

	private final String service;

	/**
	 * A diagnosis.
	 * @param consul the agent, with the token that was used
	 * @param service whose identity did not come
	 */
	public AgentDiagnosis(ConsulClient consul, String service) {
		this.consul = consul;
		this.service = service;
	}

	/**
	 * Asks for roots and leaf.
	 * @return the error of the first that fails, or {@code null}
	 */
	@Override
	public @Nullable ConsulException get() {
		return this.consul.caRoots(ConsulQuery.NOW)
			.then(this.consul.leaf(this.service, ConsulQuery.NOW))
			.then(Mono.<ConsulException>empty())
			.timeout(TIMEOUT, Mono.error(() -> new ConsulException.Timeout("no answer within 5 s", null)))
			.onErrorResume(ConsulException.class, Mono::just)
			.block();
	}

}
