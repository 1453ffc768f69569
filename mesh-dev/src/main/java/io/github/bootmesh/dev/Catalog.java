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
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Instances and their checks. Immutable; each change makes the next one.
 *
 * @param instances the instances by ID
 * @param checks the checks by ID
 * @param changes the index of the last change of each service that has instances
 * @param extinction the index at which a service last lost its last instance
 * @param index the index of the last change of all
 */
record Catalog(Map<String, Instance> instances, Map<String, Check> checks, Map<String, Long> changes, long extinction,
		long index) {

	static Catalog empty(long index) {
		return new Catalog(Map.of(), Map.of(), Map.of(), 0, index);
	}

	/**
	 * The catalog with an instance, its sidecar if it names one, and their checks. Checks
	 * of an earlier registration stay unless they are to be replaced.
	 * @param registration the registration
	 * @param replaceChecks whether it names all checks
	 * @param now the time
	 * @param next the index of the change
	 * @return the catalog
	 */
	Catalog register(Registration registration, boolean replaceChecks, Instant now, long next) {
		Registration sidecar = registration.sidecar();
		Catalog registered = registerOne(registration, replaceChecks, now, next);
		return (sidecar != null) ? registered.registerOne(sidecar, replaceChecks, now, next) : registered;
	}

	private Catalog registerOne(Registration registration, boolean replaceChecks, Instant now, long next) {
		Instance instance = registration.instance(next);
		Instance before = this.instances.get(instance.id());
		if (before != null) {
			instance = instance.sameAs(before) ? before : instance.at(before.createIndex(), next);
		}
		Map<String, Check> kept = new TreeMap<>(this.checks);
		Set<String> ids = new TreeSet<>();
		List<CheckDefinition> definitions = registration.allChecks();
		for (int i = 0; i < definitions.size(); i++) {
			String id = checkId(definitions.get(i), instance.id(), (definitions.size() > 1) ? ":" + (i + 1) : "");
			kept.put(id, Check.of(definitions.get(i), id, instance, this.checks.get(id), now, next));
			ids.add(id);
		}
		String owner = instance.id();
		if (replaceChecks) {
			kept.values().removeIf((check) -> check.serviceId().equals(owner) && !ids.contains(check.id()));
		}
		Map<String, Instance> all = new TreeMap<>(this.instances);
		all.put(owner, instance);
		return changed(all, kept, next);
	}

	private static String checkId(CheckDefinition definition, String instance, String number) {
		String id = definition.checkId();
		return (id == null || id.isEmpty()) ? "service:" + instance + number : id;
	}

	/**
	 * The catalog with one more check of an instance.
	 * @param definition the check
	 * @param now the time
	 * @param next the index of the change
	 * @return the catalog
	 */
	Catalog register(CheckDefinition definition, Instant now, long next) {
		Instance instance = this.instances.get((definition.serviceId() != null) ? definition.serviceId() : "");
		if (instance == null) {
			throw RefusedException.failed("ServiceID \"" + definition.serviceId() + "\" does not exist");
		}
		definition.validate();
		String id = Stream.of(definition.id(), definition.checkId(), definition.name())
			.filter((text) -> text != null && !text.isEmpty())
			.findFirst()
			.orElseThrow(() -> RefusedException.badRequest("Missing check name"));
		return with(Check.of(definition, id, instance, this.checks.get(id), now, next), next);
	}

	// With its sidecar.
	Catalog deregister(String id, long next) {
		Map<String, Instance> all = new TreeMap<>(this.instances);
		all.remove(id);
		Instance sidecar = all.get(Registration.sidecarId(id));
		if (sidecar != null && sidecar.kind().equals("connect-proxy")) {
			all.remove(sidecar.id());
		}
		return changed(all, without(this.checks, (check) -> !all.containsKey(check.serviceId())), next);
	}

	Catalog deregisterCheck(String id, long next) {
		return changed(this.instances, without(this.checks, (check) -> check.id().equals(id)), next);
	}

	Catalog with(Check check, long next) {
		Map<String, Check> all = new TreeMap<>(this.checks);
		all.put(check.id(), check);
		return changed(this.instances, all, next);
	}

	/**
	 * The catalog at a time: checks that were not renewed are critical, instances that
	 * were critical for too long are gone.
	 * @param now the time
	 * @param least the shortest time in critical that Consul grants
	 * @param next the index of the change
	 * @return the catalog
	 */
	Catalog expire(Instant now, Duration least, long next) {
		Catalog result = this;
		for (Check check : this.checks.values()) {
			Instant reaps = check.reaps(least);
			if (reaps != null && !reaps.isAfter(now)) {
				result = result.deregister(check.serviceId(), next);
			}
			else if (check.expires() != null && !check.expires().isAfter(now)
					&& result.checks.containsKey(check.id())) {
				result = result.with(check.expired(now, next), next);
			}
		}
		return result;
	}

	/**
	 * When time alone next changes something.
	 * @param least the shortest time in critical that Consul grants
	 * @return the moment or {@code null} for never
	 */
	@Nullable Instant nextExpiry(Duration least) {
		return this.checks.values()
			.stream()
			.flatMap((check) -> Stream.ofNullable(check.nextChange(least)))
			.min(Instant::compareTo)
			.orElse(null);
	}

	List<Instance> instances(String service) {
		return this.instances.values().stream().filter((instance) -> instance.service().equals(service)).toList();
	}

	List<Instance> connectInstances(String service) {
		return this.instances.values().stream().filter((instance) -> instance.speaksFor(service)).toList();
	}

	List<Check> checks(String instance) {
		return this.checks.values().stream().filter((check) -> check.serviceId().equals(instance)).toList();
	}

	/**
	 * The index of an answer that holds these instances. With none it is the one of the
	 * last service that vanished, so that their end is noticed.
	 * @param found the instances
	 * @return the index
	 */
	long index(List<Instance> found) {
		return found.stream()
			.mapToLong((instance) -> this.changes.getOrDefault(instance.service(), this.index))
			.max()
			.orElse((this.extinction > 0) ? this.extinction : this.index);
	}

	/**
	 * The status of an instance: the worst of its checks.
	 * @param instance the ID
	 * @return the status
	 */
	String status(String instance) {
		List<String> all = checks(instance).stream().map(Check::status).toList();
		return Stream.of(Check.CRITICAL, Check.WARNING).filter(all::contains).findFirst().orElse(Check.PASSING);
	}

	Catalog at(long low) {
		Map<String, Instance> services = new TreeMap<>();
		this.instances.forEach((id, instance) -> services.put(id, instance.at(low, low)));
		Map<String, Check> all = new TreeMap<>();
		this.checks.forEach((id, check) -> all.put(id, check.at(low, low)));
		Map<String, Long> indexes = new TreeMap<>();
		this.changes.keySet().forEach((service) -> indexes.put(service, low));
		return new Catalog(services, all, indexes, (this.extinction > 0) ? low : 0, low);
	}

	private static Map<String, Check> without(Map<String, Check> checks, Predicate<Check> gone) {
		Map<String, Check> kept = new TreeMap<>(checks);
		kept.values().removeIf(gone);
		return kept;
	}

	private static Map<String, Check> followed(Map<String, Instance> services, Map<String, Check> checks, long next) {
		Map<String, Check> all = new TreeMap<>(checks);
		all.replaceAll((id, check) -> {
			String alias = check.alias();
			return (alias != null) ? check.following(services.containsKey(alias)
					? checks.values().stream().filter((other) -> other.serviceId().equals(alias)).toList() : null, next)
					: check;
		});
		return all;
	}

	private Catalog changed(Map<String, Instance> services, Map<String, Check> checks, long next) {
		Map<String, Check> all = followed(services, checks, next);
		Set<String> touched = new TreeSet<>();
		Stream.of(this.instances, services).flatMap((map) -> map.values().stream()).forEach((instance) -> {
			if (!Objects.equals(this.instances.get(instance.id()), services.get(instance.id()))) {
				touched.add(instance.service());
			}
		});
		Stream.of(this.checks, all).flatMap((map) -> map.values().stream()).forEach((check) -> {
			Check before = this.checks.get(check.id());
			Check after = all.get(check.id());
			if (before == null || after == null || before.modifyIndex() != after.modifyIndex()) {
				touched.add(check.service());
			}
		});
		Map<String, Long> indexes = new TreeMap<>(this.changes);
		touched.forEach((service) -> indexes.put(service, next));
		Set<String> alive = new TreeSet<>();
		services.values().forEach((instance) -> alive.add(instance.service()));
		boolean extinct = indexes.keySet().retainAll(alive);
		return new Catalog(services, all, indexes, extinct ? next : this.extinction,
				touched.isEmpty() ? this.index : next);
	}

}
