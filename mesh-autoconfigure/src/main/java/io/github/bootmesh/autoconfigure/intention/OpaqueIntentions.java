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

package io.github.bootmesh.autoconfigure.intention;

import java.time.Clock;

import io.github.bootmesh.Internal;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.identity.IdentityGeneration;
import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.intention.AgentIntentionSource;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.tls.PeerAdmission;

/**
 * The intentions about a further service of this process, whose requests nobody looks
 * into.
 *
 * @param authorizer decides; not yet started
 * @param decisions counts what is decided
 * @param admission admits who may connect
 */
@Internal
public record OpaqueIntentions(Authorizer authorizer, Decisions decisions, PeerAdmission admission) {

	/**
	 * The intentions as the agent gives them.
	 * @param consul the agent
	 * @param watches makes the watch
	 * @param service the called service
	 * @param identity its identity
	 * @param properties how they are enforced
	 * @return the intentions
	 */
	public static OpaqueIntentions of(ConsulClient consul, Watches watches, String service, MeshIdentity identity,
			IntentionProperties properties) {
		Authorizer authorizer = new Authorizer(
				new AgentIntentionSource(consul, watches, service, properties.configuredPolicy(),
						properties.authorizerSettings()),
				identity.ready().thenApply(IdentityGeneration::spiffeId), properties.authorizerSettings(),
				Clock.systemUTC());
		Decisions decisions = new Decisions(authorizer);
		return new OpaqueIntentions(authorizer, decisions, new IntentionAdmission(authorizer, decisions, true));
	}

}
