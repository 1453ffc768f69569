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

import java.time.Duration;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * A check in a registration: every field that Consul 1.8.7 knows, so that others are
 * refused. Only TTL and alias checks run here.
 *
 * @param id the ID, where the check is registered alone
 * @param checkId the ID
 * @param name the name for people
 * @param status the status at first
 * @param notes notes for people
 * @param serviceId the instance, where the check is registered alone
 * @param ttl the time in which it must be renewed
 * @param deregisterCriticalServiceAfter the time in critical until the instance goes
 * @param token a token
 * @param scriptArgs not run here
 * @param args not run here
 * @param args not run here
 * @param http not run here
 * @param header not run here
 * @param method not run here
 * @param body not run here
 * @param tcp not run here
 * @param interval not run here
 * @param aliasNode not run here
 * @param aliasService the instance whose checks it follows
 * @param dockerContainerId not run here
 * @param shell not run here
 * @param grpc not run here
 * @param grpcUseTls not run here
 * @param tlsSkipVerify not run here
 * @param timeout not run here
 * @param successBeforePassing not run here
 * @param failuresBeforeCritical not run here
 * @param proxyHttp not run here
 * @param proxyGrpc not run here
 * @param outputMaxSize not run here
 */
record CheckDefinition(@Nullable String id, @Nullable @JsonAlias("check_id") String checkId, @Nullable String name,
		@Nullable String status, @Nullable String notes, @Nullable @JsonAlias("service_id") String serviceId,
		@Nullable Duration ttl,
		@Nullable @JsonAlias("deregister_critical_service_after") Duration deregisterCriticalServiceAfter,
		@Nullable String token, @Nullable @JsonAlias("script_args") List<String> scriptArgs,
		@Nullable List<String> args, @Nullable String http, @Nullable Map<String, List<String>> header,
		@Nullable String method, @Nullable String body, @Nullable String tcp, @Nullable Duration interval,
		@Nullable String aliasNode, @Nullable String aliasService,
		@Nullable @JsonAlias("docker_container_id") String dockerContainerId, @Nullable String shell,
		@Nullable String grpc, boolean grpcUseTls, @JsonAlias("tls_skip_verify") boolean tlsSkipVerify,
		@Nullable Duration timeout, @JsonAlias("success_before_passing") int successBeforePassing,
		@JsonAlias("failures_before_critical") int failuresBeforeCritical,
		@Nullable @JsonProperty("ProxyHTTP") String proxyHttp, @Nullable @JsonProperty("ProxyGRPC") String proxyGrpc,
		int outputMaxSize) {

	/**
	 * Whether nothing is set, which Consul takes for no check.
	 * @return {@code true} for no check
	 */
	boolean isEmpty() {
		return this.ttl == null && this.name == null && this.checkId == null && this.status == null
				&& this.aliasService == null && !other();
	}

	/**
	 * Refuses what is no check or cannot run here.
	 */
	void validate() {
		if (other()) {
			throw RefusedException.badRequest("Invalid check: a development Consul runs TTL and alias checks only");
		}
		if (this.aliasService == null && (this.ttl == null || this.ttl.isZero() || this.ttl.isNegative())) {
			throw RefusedException.badRequest("Invalid check: TTL must be > 0 for TTL checks");
		}
		if (this.status != null && !this.status.isEmpty() && !Check.isStatus(this.status)) {
			throw RefusedException.badRequest("Status for checks must 'passing', 'warning', 'critical'");
		}
	}

	private boolean other() {
		return this.http != null || this.tcp != null || this.grpc != null || this.scriptArgs != null
				|| this.args != null || this.args != null || this.aliasNode != null || this.dockerContainerId != null;
	}

}
