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

package io.github.bootmesh.autoconfigure.upstream;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import org.springframework.beans.factory.BeanClassLoaderAware;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * Has the upstreams listen before those beans are made that connect to databases, brokers
 * and caches, perhaps through one of them, and until they are gone.
 */
final class UpstreamDependents implements BeanFactoryPostProcessor, BeanClassLoaderAware {

	// By their names: an application has few of them.
	private static final List<String> TYPES = List.of("javax.sql.DataSource", "io.r2dbc.spi.ConnectionFactory",
			"org.flywaydb.core.Flyway", "liquibase.integration.spring.SpringLiquibase",
			"org.springframework.data.redis.connection.RedisConnectionFactory",
			"org.springframework.data.redis.connection.ReactiveRedisConnectionFactory",
			"com.mongodb.client.MongoClient", "com.mongodb.reactivestreams.client.MongoClient",
			"com.datastax.oss.driver.api.core.CqlSession", "org.neo4j.driver.Driver",
			"org.springframework.amqp.rabbit.connection.ConnectionFactory", "jakarta.jms.ConnectionFactory",
			"org.springframework.kafka.core.ProducerFactory", "org.springframework.kafka.core.ConsumerFactory",
			"org.springframework.kafka.core.KafkaAdmin", "org.springframework.pulsar.core.PulsarClientFactory",
			"org.springframework.ldap.core.ContextSource", "org.springframework.mail.MailSender");

	private ClassLoader classLoader = UpstreamDependents.class.getClassLoader();

	@Override
	public void setBeanClassLoader(ClassLoader classLoader) {
		this.classLoader = classLoader;
	}

	private static String[] upstreams(ConfigurableListableBeanFactory beanFactory) {
		return Stream.of(MeshUpstreamAutoConfiguration.BEAN_NAME, MeshUpstreamAutoConfiguration.REGISTERED_BEAN_NAME)
			.filter(beanFactory::containsBeanDefinition)
			.toArray(String[]::new);
	}

	@Override
	public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
		TYPES.stream()
			.filter((type) -> ClassUtils.isPresent(type, this.classLoader))
			.map((type) -> ClassUtils.resolveClassName(type, this.classLoader))
			.flatMap((type) -> Arrays.stream(beanFactory.getBeanNamesForType(type, true, false)))
			.map(BeanFactoryUtils::transformedBeanName)
			.distinct()
			// Not so what was made elsewhere and only put in.
			.filter(beanFactory::containsBeanDefinition)
			.map(beanFactory::getBeanDefinition)
			.forEach((definition) -> definition
				.setDependsOn(StringUtils.concatenateStringArrays(definition.getDependsOn(), upstreams(beanFactory))));
	}

}
