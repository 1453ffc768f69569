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

package io.github.bootmesh.sample;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.sample.edge.EdgeApplication;
import io.github.bootmesh.sample.inventory.InventoryApplication;
import io.github.bootmesh.sample.ledger.LedgerApplication;
import io.github.bootmesh.sample.storefront.StorefrontApplication;

/**
 * The services of the demo, the called before the caller. That order only spares the
 * first page a look at services that are not there yet: each starts without the others.
 */
enum SampleService {

	LEDGER(LedgerApplication.class), INVENTORY(InventoryApplication.class), STOREFRONT(StorefrontApplication.class),
	EDGE(EdgeApplication.class);

	private final Class<?> application;

	SampleService(Class<?> application) {
		this.application = application;
	}

	Class<?> application() {
		return this.application;
	}

	// Its name in Consul and the profile that holds its settings.
	String label() {
		return name().toLowerCase(Locale.ROOT);
	}

	static List<SampleService> named(@Nullable List<String> labels) {
		if (labels == null || labels.isEmpty()) {
			return List.of(values());
		}
		return labels.stream().map(SampleService::named).toList();
	}

	private static SampleService named(String label) {
		return Arrays.stream(values())
			.filter((service) -> service.label().equals(label))
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException("There is no service '" + label
					+ "'; --service takes one of " + Arrays.stream(values()).map(SampleService::label).toList()));
	}

}
