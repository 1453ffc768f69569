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

package io.github.bootmesh.autoconfigure.consul;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.env.Environment;

import io.github.bootmesh.consul.ConsulException;

/**
 * Explains a start that failed because Consul refused the token or did not answer.
 */
final class ConsulFailureAnalyzer extends AbstractFailureAnalyzer<ConsulException> {

	private final Environment environment;

	ConsulFailureAnalyzer(Environment environment) {
		this.environment = environment;
	}

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, ConsulException cause) {
		if (cause instanceof ConsulException.Refused) {
			return new FailureAnalysis(refused(cause), grant(service()), rootFailure);
		}
		if (cause instanceof ConsulException.Unreachable || cause instanceof ConsulException.Timeout) {
			return new FailureAnalysis("The Consul agent does not answer: " + cause.getMessage(), reach(), rootFailure);
		}
		if (cause instanceof ConsulException.Invalid) {
			return new FailureAnalysis("Consul takes what it was sent for wrong: " + cause.getMessage(),
					"Correct what the message names: the service name, or a setting under 'bootmesh.registration'.",
					rootFailure);
		}
		return new FailureAnalysis("Consul gave no identity: " + cause.getMessage(), serve(), rootFailure);
	}

	private static String refused(ConsulException cause) {
		String token = String.valueOf(cause.getMessage()).contains("ACL not found")
				? "Consul does not know the token (it was deleted, has expired, or belongs to another cluster)"
				: "Consul refused the token, or there is none";
		return token + ": " + cause.getMessage();
	}

	private String service() {
		String name = this.environment.getProperty("bootmesh.service-name");
		return (name != null) ? name : this.environment.getProperty("spring.application.name", "<service>");
	}

	private static String grant(String service) {
		return """
				Give the application a token with 'service:write' on '%1$s' in 'bootmesh.consul.token' or \
				'bootmesh.consul.token-file'. A service identity grants all that is needed:

				    consul acl token create -service-identity=%1$s

				So does a token with this policy:

				    service "%1$s" { policy = "write" }
				    service_prefix "" { policy = "read" }
				    node_prefix "" { policy = "read" }""".formatted(service);
	}

	private static String serve() {
		return "Check that the address is that of a Consul agent, that the cluster has a leader, and that its servers "
				+ "have the service mesh switched on ('connect { enabled = true }'). The address is set by "
				+ "'bootmesh.consul.url'. To start without an identity and become ready when Consul gives one, set "
				+ "'bootmesh.fail-fast=false'.";
	}

	private static String reach() {
		return "Check that an agent runs at that address and that it can be reached from here. "
				+ "The address is set by 'bootmesh.consul.url', else by 'spring.cloud.consul.host' and "
				+ "'spring.cloud.consul.port', else by CONSUL_HTTP_ADDR, else it is http://localhost:8500. "
				+ "To start without an agent and become ready when it comes, set 'bootmesh.fail-fast=false'; "
				+ "to run without the mesh, set 'bootmesh.enabled=false'.";
	}

}
