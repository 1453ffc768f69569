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

import java.net.URI;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * Denial by default, as the development Consul does it.
 */
class DevConsulDefaultDenyContractTests extends DefaultDenyContract {

	private static DevConsul consul;

	@BeforeAll
	static void start() {
		consul = DevConsul.start(DevConsulSettings.DEFAULTS.withVersion(ConsulVersion.V1_8)
			.withDefaultIntentionPolicy(DefaultPolicy.DENY));
	}

	@AfterAll
	static void stop() {
		consul.close();
	}

	@Override
	URI url() {
		return consul.url();
	}

	@Override
	String token() {
		return "";
	}

}
