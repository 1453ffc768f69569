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
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * A TTL check of an instance, or one that follows the checks of another.
 *
 * @param id the ID
 * @param name the name for people
 * @param status {@code passing}, {@code warning} or {@code critical}
 * @param notes notes for people
 * @param output what came with the last update
 * @param serviceId the instance
 * @param service the service
 * @param tags the service's tags
 * @param alias the instance whose checks it follows, or {@code null}
 * @param ttl the time in which it must be renewed
 * @param deregisterAfter the time in critical until the instance goes, or {@code null}
 * @param expires when it turns critical by itself, or {@code null} if it does not, or has
 * done so
 * @param criticalSince since when it is critical, or {@code null}
 * @param createIndex the index that it came with
 * @param modifyIndex the index of its last change of status
 */
record Check(String id, String name, String status, String notes, String output, String serviceId, String service,
		List<String> tags, @Nullable String alias, Duration ttl, @Nullable Duration deregisterAfter,
		@Nullable Instant expires, @Nullable Instant criticalSince, long createIndex, long modifyIndex) {

	static final String PASSING = "passing";

	static final String WARNING = "warning";

	static final String CRITICAL = "critical";

	private static final Set<String> STATUSES = Set.of(PASSING, WARNING, CRITICAL);

	static boolean isStatus(String text) {
		return STATUSES.contains(text);
	}

	/**
	 * A check as it is registered. What an earlier one of the same ID says stays.
	 * @param definition the definition
	 * @param id the ID
	 * @param instance the instance
	 * @param earlier the earlier check or {@code null}
	 * @param now the time
	 * @param index the index of the change
	 * @return the check
	 */
	static Check of(CheckDefinition definition, String id, Instance instance, @Nullable Check earlier, Instant now,
			long index) {
		String name = text(definition.name(), "Service '" + instance.service() + "' check");
		String status = (earlier != null) ? earlier.status : text(definition.status(), CRITICAL);
		Duration ttl = (definition.ttl() != null) ? definition.ttl() : Duration.ZERO;
		Duration after = definition.deregisterCriticalServiceAfter();
		Instant since = status.equals(CRITICAL) ? now : null;
		if (earlier != null) {
			since = earlier.criticalSince;
		}
		Check check = new Check(id, name, status, text(definition.notes(), ""), (earlier != null) ? earlier.output : "",
				instance.id(), instance.service(), instance.tags(), definition.aliasService(), ttl,
				(after == null || after.isZero()) ? null : after,
				(definition.aliasService() != null) ? null : now.plus(ttl), since, index, index);
		return (earlier != null && check.sameInCatalog(earlier)) ? check.at(earlier.createIndex, earlier.modifyIndex)
				: check;
	}

	private static String text(@Nullable String given, String otherwise) {
		return (given == null || given.isEmpty()) ? otherwise : given;
	}

	/**
	 * The check after a renewal. The catalog's index moves only when the status changes,
	 * as Consul defers changes of the output alone.
	 * @param next the status
	 * @param text the output
	 * @param now the time
	 * @param index the index of the change
	 * @return the check
	 */
	Check renewed(String next, String text, Instant now, long index) {
		return turned(next, text, now.plus(this.ttl), now, index);
	}

	/**
	 * The check after nobody renewed it in time.
	 * @param now the time
	 * @param index the index of the change
	 * @return the check
	 */
	Check expired(Instant now, long index) {
		String text = this.output.isEmpty() ? "TTL expired"
				: "TTL expired (last output before timeout follows): " + this.output;
		return turned(CRITICAL, text, null, now, index);
	}

	/**
	 * The check after a look at what it follows: the first critical one, else the last
	 * that warns.
	 * @param followed the checks of the other instance, or {@code null} if it is gone
	 * @param index the index of the change
	 * @return the check
	 */
	Check following(@Nullable List<Check> followed, long index) {
		String next = PASSING;
		String text = "No checks found.";
		if (followed == null) {
			next = CRITICAL;
			text = "Service " + this.alias + " could not be found on node ";
		}
		else {
			for (Check check : followed) {
				if (check.status.equals(PASSING)) {
					text = "All checks passing.";
					continue;
				}
				next = check.status;
				text = "Aliased check \"" + check.name + "\" failing: " + check.output;
				if (next.equals(CRITICAL)) {
					break;
				}
			}
		}
		return new Check(this.id, this.name, next, this.notes, text, this.serviceId, this.service, this.tags,
				this.alias, this.ttl, this.deregisterAfter, this.expires, this.criticalSince, this.createIndex,
				next.equals(this.status) ? this.modifyIndex : index);
	}

	private Check turned(String next, String text, @Nullable Instant expiry, Instant now, long index) {
		boolean same = next.equals(this.status);
		Instant since = next.equals(CRITICAL) ? now : null;
		if (same) {
			since = this.criticalSince;
		}
		return new Check(this.id, this.name, next, this.notes, text, this.serviceId, this.service, this.tags,
				this.alias, this.ttl, this.deregisterAfter, expiry, since, this.createIndex,
				same ? this.modifyIndex : index);
	}

	/**
	 * When the instance goes because of this check.
	 * @param least the shortest time that Consul grants
	 * @return the moment or {@code null} for never
	 */
	@Nullable Instant reaps(Duration least) {
		if (this.criticalSince == null || this.deregisterAfter == null) {
			return null;
		}
		return this.criticalSince.plus((this.deregisterAfter.compareTo(least) < 0) ? least : this.deregisterAfter);
	}

	/**
	 * When time alone next changes something because of this check.
	 * @param least the shortest time in critical that Consul grants
	 * @return the moment or {@code null} for never
	 */
	@Nullable Instant nextChange(Duration least) {
		Instant reaps = reaps(least);
		if (this.expires == null || reaps == null) {
			return (reaps != null) ? reaps : this.expires;
		}
		return this.expires.isBefore(reaps) ? this.expires : reaps;
	}

	private boolean sameInCatalog(Check other) {
		return this.name.equals(other.name) && this.status.equals(other.status) && this.notes.equals(other.notes)
				&& this.tags.equals(other.tags) && this.service.equals(other.service);
	}

	Check at(long create, long modify) {
		return new Check(this.id, this.name, this.status, this.notes, this.output, this.serviceId, this.service,
				this.tags, this.alias, this.ttl, this.deregisterAfter, this.expires, this.criticalSince, create,
				modify);
	}

}
