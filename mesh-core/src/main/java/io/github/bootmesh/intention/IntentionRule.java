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

package io.github.bootmesh.intention;

import java.util.List;

/**
 * What an intention says about its source.
 */
public sealed interface IntentionRule {

	/**
	 * The source may call.
	 */
	IntentionRule ALLOW = new Action(true);

	/**
	 * The source may not call.
	 */
	IntentionRule DENY = new Action(false);

	/**
	 * Whether the rule depends on the path of a request.
	 * @return whether it looks at paths
	 */
	boolean looksAtPaths();

	/**
	 * One answer for the connection and for all its requests.
	 *
	 * @param allow whether the source may call
	 */
	record Action(boolean allow) implements IntentionRule {

		@Override
		public boolean looksAtPaths() {
			return false;
		}

	}

	/**
	 * An answer for each request: the first permission that matches decides, and the
	 * default policy if none does.
	 *
	 * @param permissions the permissions, in order
	 */
	record Permissions(List<Permission> permissions) implements IntentionRule {

		public Permissions {
			permissions = List.copyOf(permissions);
		}

		@Override
		public boolean looksAtPaths() {
			return this.permissions.stream().anyMatch((permission) -> permission.path() != null);
		}

	}

	/**
	 * A rule that holds something that is not known here. What it covers is denied.
	 *
	 * @param why what is not understood, for people
	 */
	record NotUnderstood(String why) implements IntentionRule {

		@Override
		public boolean looksAtPaths() {
			return false;
		}

	}

}
