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

package io.github.bootmesh.sample.member;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * How a service gets on with the ledger.
 *
 * @param alive whether its entries are booked
 * @param since since when they are or are not, {@code null} when that is not known
 * @param entries how many the ledger held when one was booked last
 * @param problem why they are not, or {@code null}
 * @param upstream the port through which it reaches the ledger, {@code null} when nothing
 * is known of it
 */
public record Bookkeeping(boolean alive, @Nullable Instant since, long entries, @Nullable String problem,
		@Nullable Listener upstream) {

}
