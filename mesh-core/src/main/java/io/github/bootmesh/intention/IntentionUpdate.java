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
 * What an {@link IntentionSource} delivers.
 */
public sealed interface IntentionUpdate {

	/**
	 * All intentions about this service, and what holds where none matches.
	 *
	 * @param intentions the intentions, in any order
	 * @param defaultPolicy what holds where none matches
	 */
	record Intentions(List<Intention> intentions, DefaultPolicy defaultPolicy) implements IntentionUpdate {

		public Intentions {
			intentions = List.copyOf(intentions);
		}

	}

	/**
	 * The source still stands by what it delivered last: that is as old as this.
	 */
	record Confirmed() implements IntentionUpdate {

	}

	/**
	 * The newest set is of no use; the one before stays.
	 *
	 * @param why what is wrong with it, for people
	 */
	record Rejected(String why) implements IntentionUpdate {

	}

}
