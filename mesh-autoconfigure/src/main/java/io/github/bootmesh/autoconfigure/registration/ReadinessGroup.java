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

package io.github.bootmesh.autoconfigure.registration;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.actuate.endpoint.CompositeHealthDescriptor;
import org.springframework.boot.health.actuate.endpoint.HealthDescriptor;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;

/**
 * What the actuator's readiness group says. Details stay where they are: they may hold
 * anything.
 */
final class ReadinessGroup implements Readiness {

	private final HealthEndpoint health;

	ReadinessGroup(HealthEndpoint health) {
		this.health = health;
	}

	@Override
	public Report report() {
		HealthDescriptor group = this.health.healthForPath("readiness");
		if (group == null || isUp(group)) {
			return Report.ready("The application is ready.");
		}
		return Report.notReady("The readiness group is " + group.getStatus().getCode() + troubled(group) + ".");
	}

	private static boolean isUp(HealthDescriptor descriptor) {
		Status status = descriptor.getStatus();
		return Status.UP.equals(status) || Status.UNKNOWN.equals(status);
	}

	private static String troubled(HealthDescriptor group) {
		Map<String, HealthDescriptor> components = components(group);
		if (components == null) {
			return "";
		}
		return new TreeMap<>(components).entrySet()
			.stream()
			.filter((entry) -> !isUp(entry.getValue()))
			.map((entry) -> entry.getKey() + " " + entry.getValue().getStatus().getCode())
			.collect(Collectors.joining(", ", " (", ")"));
	}

	private static @Nullable Map<String, HealthDescriptor> components(HealthDescriptor group) {
		return (group instanceof CompositeHealthDescriptor composite) ? composite.getComponents() : null;
	}

}
