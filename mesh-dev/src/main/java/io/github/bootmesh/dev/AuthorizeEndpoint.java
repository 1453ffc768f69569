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

package io.github.bootmesh.dev;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The agent's decision whether a peer may connect, with its reason. Permissions are for
 * requests: an intention that has them denies here.
 */
final class AuthorizeEndpoint {

	private static final Pattern SERVICE = Pattern.compile("spiffe://[^/]+/ns/([^/]+)/dc/[^/]+/svc/([^/]+)");

	private static final Pattern OTHER = Pattern
		.compile("spiffe://[^/]+(/agent/(client/dc/[^/]+/id/[^/]+|server/dc/[^/]+))?");

	private final ConsulVersion version;

	private final Supplier<DefaultPolicy> defaultPolicy;

	private final AgentCache cache;

	AuthorizeEndpoint(Store store, ConsulVersion version, Supplier<DefaultPolicy> defaultPolicy) {
		this.version = version;
		this.defaultPolicy = defaultPolicy;
		this.cache = new AgentCache(store);
	}

	void register(Router router) {
		router.on("POST", "/v1/agent/connect/authorize", this::authorize);
	}

	private Mono<Answer> authorize(Request request) {
		Authorize asked = request.body(Authorize.class, 400, "Bad request: Request decode failed: ");
		String target = asked.target();
		if (target == null || target.isEmpty()) {
			throw RefusedException.badRequest("Bad request: Target service must be specified");
		}
		String uri = Objects.requireNonNullElse(asked.clientCertUri(), "");
		Matcher service = SERVICE.matcher(uri);
		if (!service.matches()) {
			throw RefusedException.badRequest("Bad request: ClientCertURI not a valid "
					+ (OTHER.matcher(uri).matches() ? "Service" : "Connect") + " identifier");
		}
		String namespace = decoded(service.group(1));
		String name = decoded(service.group(2));
		return this.cache.answer(target, request, (state) -> 0,
				(state) -> Answer.json(decide(state.intentions().deciding(namespace, name, "default", target))));
	}

	private static String decoded(String segment) {
		return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
	}

	private Decision decide(@Nullable Intention deciding) {
		if (deciding != null) {
			String layer = (this.version == ConsulVersion.V1_8) ? ""
					: ((deciding.permissions() != null) ? "L7 " : "L4 ");
			return new Decision(deciding.allows(), "Matched " + layer + "intention: " + deciding.words(this.version));
		}
		boolean allowed = this.defaultPolicy.get() == DefaultPolicy.ALLOW;
		return new Decision(allowed, (allowed && this.version == ConsulVersion.V1_8)
				? "ACLs disabled, access is allowed by default" : "Default behavior configured by ACLs");
	}

	/**
	 * The question whether a peer may connect.
	 *
	 * @param target the service that it connects to
	 * @param clientCertUri its SPIFFE ID
	 * @param clientCertSerial the serial number, which does not matter
	 */
	record Authorize(@Nullable String target, @Nullable String clientCertUri, @Nullable String clientCertSerial) {

	}

	/**
	 * The decision.
	 *
	 * @param authorized whether it may connect
	 * @param reason why
	 */
	record Decision(boolean authorized, String reason) {

	}

}
