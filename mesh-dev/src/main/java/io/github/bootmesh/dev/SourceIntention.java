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

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * What holds for one source of a destination. The fields named legacy are those of
 * intentions that were written one by one.
 *
 * @param name the source or {@code *}
 * @param action {@code allow} or {@code deny}, or {@code null} where permissions decide
 * @param permissions what decides instead of the action, top to bottom
 * @param precedence which one wins, the higher
 * @param legacyId the ID
 * @param type always {@code consul}
 * @param description words for people
 * @param legacyMeta the metadata
 * @param legacyCreateTime when it was made
 * @param legacyUpdateTime when it was last changed
 */
@JsonInclude(JsonInclude.Include.NON_DEFAULT)
record SourceIntention(@Nullable String name, @Nullable String action, @Nullable List<IntentionPermission> permissions,
		int precedence, @Nullable @JsonAlias("legacy_id") String legacyId, @Nullable String type,
		@Nullable String description, @Nullable @JsonAlias("legacy_meta") Map<String, String> legacyMeta,
		@Nullable @JsonAlias("legacy_create_time") Instant legacyCreateTime,
		@Nullable @JsonAlias("legacy_update_time") Instant legacyUpdateTime) {

	private static final int MOST_DESCRIPTION = 512;

	/**
	 * The part of an intention that is about its source.
	 * @param intention the intention
	 * @return that part
	 */
	static SourceIntention of(Intention intention) {
		boolean legacy = intention.id() != null;
		return new SourceIntention(intention.sourceName(), intention.action(), intention.permissions(),
				intention.precedence(), intention.id(), intention.sourceType(), intention.description(),
				legacy ? intention.meta() : null, intention.createdAt(), intention.updatedAt());
	}

	SourceIntention withId(String id, Map<String, String> meta, Instant created, Instant updated) {
		return new SourceIntention(this.name, this.action, this.permissions, this.precedence, id, this.type,
				this.description, meta, created, updated);
	}

	SourceIntention normalized(String destination, boolean legacy) {
		return new SourceIntention(this.name, emptyToNull(this.action), permissionsOrNull(),
				Intention.precedenceOf("default", String.valueOf(this.name), "default", destination),
				legacy ? this.legacyId : null, Objects.requireNonNullElse(emptyToNull(this.type), "consul"),
				emptyToNull(this.description), this.legacyMeta, legacy ? this.legacyCreateTime : null,
				legacy ? this.legacyUpdateTime : null);
	}

	private @Nullable List<IntentionPermission> permissionsOrNull() {
		return (this.permissions == null || this.permissions.isEmpty()) ? null
				: this.permissions.stream().map(IntentionPermission::normalized).toList();
	}

	private static @Nullable String emptyToNull(@Nullable String text) {
		return (text == null || text.isEmpty()) ? null : text;
	}

	/**
	 * Refuses what Consul refuses, in its order.
	 * @param where the words for this source
	 * @param anyDestination whether it is about all destinations
	 * @param legacy whether all sources of the entry are written one by one
	 */
	void validate(String where, boolean anyDestination, boolean legacy) {
		if (this.name == null || this.name.isEmpty()) {
			throw RefusedException.failed(where + ".Name is required");
		}
		ServiceIntentions.requireExactOrAny(this.name, where + ".");
		if (this.description != null && this.description.length() > MOST_DESCRIPTION) {
			throw RefusedException.failed(where + ".Description exceeds maximum length " + MOST_DESCRIPTION);
		}
		if (legacy && this.legacyCreateTime == null) {
			throw RefusedException.failed(where + ".LegacyCreateTime must be set");
		}
		if (!legacy && this.legacyMeta != null && !this.legacyMeta.isEmpty()) {
			throw RefusedException.failed(where + ".LegacyMeta must be omitted");
		}
		if (this.permissions == null && !IntentionPermission.isAction(this.action)) {
			throw RefusedException.failed(where + ".Action must be set to 'allow' or 'deny'");
		}
		if (this.permissions != null && this.action != null) {
			throw RefusedException.failed(where + ".Action must be omitted if Permissions are specified");
		}
		if (this.permissions != null && anyDestination) {
			throw RefusedException
				.failed(where + ".Permissions cannot be specified on intentions with wildcarded destinations");
		}
		if (!"consul".equals(this.type)) {
			throw RefusedException.failed(where + ".Type must be set to 'consul'");
		}
		List<IntentionPermission> given = (this.permissions != null) ? this.permissions : List.of();
		for (int i = 0; i < given.size(); i++) {
			given.get(i).validate(where + ".Permissions[" + i + "]");
		}
	}

}
