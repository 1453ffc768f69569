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

package io.github.bootmesh.sample.edge;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the page.
 *
 * @param allowChanges whether the page may change a real Consul, which means rotating its
 * CA and writing intentions; the development Consul it always may
 * @param ledger where the ledger is, seen from its own machine
 */
@ConfigurationProperties("sample")
record EdgeProperties(@DefaultValue("false") boolean allowChanges, Ledger ledger) {

	/**
	 * The ports of the ledger on loopback.
	 *
	 * @param port where H2 listens
	 * @param managementPort where operators ask, for the mesh leads to H2 and nowhere
	 * else
	 */
	record Ledger(int port, int managementPort) {

		String management() {
			return "http://127.0.0.1:" + this.managementPort;
		}

	}

}
