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

package io.github.bootmesh.autoconfigure.sidecar;

import java.util.List;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.bootmesh.Internal;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.IntentionSet;

/**
 * Says, whenever they change, which intentions deny here what they allow in part:
 * permissions are about requests, and a public listener looks into none.
 */
@Internal
public final class RequestRulesWarning implements Runnable {

	private static final Logger logger = LoggerFactory.getLogger(RequestRulesWarning.class);

	private final Authorizer authorizer;

	private List<String> told = List.of();

	private RequestRulesWarning(Authorizer authorizer) {
		this.authorizer = authorizer;
	}

	/**
	 * Warns from now on.
	 * @param authorizer decides on the connections of a public listener
	 */
	public static void follow(Authorizer authorizer) {
		RequestRulesWarning warning = new RequestRulesWarning(authorizer);
		authorizer.afterChange(warning);
		warning.run();
	}

	@Override
	public synchronized void run() {
		IntentionSet set = this.authorizer.status().set();
		List<String> rules = (set != null) ? set.requestRules() : List.of();
		if (set != null && !rules.equals(this.told) && !rules.isEmpty()) {
			logger.warn("Intentions with permissions deny every connection of their sources to '{}', as a public "
					+ "listener does not look into requests: {}", set.self().service(), rules);
		}
		this.told = rules;
	}

}
